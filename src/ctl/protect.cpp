// protect: self-protection, what is held, and the brake; and its release.
#include "ctl/admin_target.h"
#include "ctl/questions.h"
#include "ctl/verbs.h"
#include "ctl/wording.h"

namespace discovery::ctl {

namespace {

struct Options {
  CLI::App* release = nullptr;  ///< the verb below this one
  std::string appid;
  std::string env;
  bool each = false;
};

void show_brake(const Context& context, const Json& brake) {
  const Json& applications = rows_at(brake, "applications");
  context.line("brake            " + std::string(flag_at(brake, "enabled") ? "enabled" : "not enabled") + ", holds " +
               counted_of(static_cast<int64_t>(applications.size()), "application"));
  if (applications.empty()) return;
  Table table({{"Env"}, {"Application"}, {"Since"}, {"Until"}, {"Listed", Align::kRight}, {"Overdue", Align::kRight}});
  for (const Json& a : applications) {
    table.add({shown(text_at(a, "env")), shown(text_at(a, "appid")), moment(number_at(a, "since"), context.now()),
               moment(number_at(a, "until"), context.now()), counted(number_at(a, "visible")),
               counted(number_at(a, "overdue"))});
  }
  context.show(table);
}

Outcome<Exit> run(const Options& options, Context& context) {
  if (options.release->parsed()) {
    return administer(context, options.each, "/admin/brake/release", {{"env", options.env}, {"appid", options.appid}});
  }
  const auto answer = ask(context, "/api/overview");
  if (!answer) return answer.error();
  const Json& protection = member(answer->json, "protection");
  const Json& brake = member(answer->json, "brake");
  Json part;
  part["node"] = member(answer->json, "node");
  part["held"] = member(answer->json, "held");
  part["protection"] = protection;
  part["brake"] = brake;
  if (shown_as_json(context, part)) return Exit::kDone;
  const bool active = flag_at(protection, "active");
  context.line("node             " + shown(text_at(answer->json, "node")));
  context.line("self-protection  " +
               (active ? "ON since " + moment(number_at(protection, "since"), context.now()) : std::string("off")));
  context.line("renewals         " + counted(number_at(protection, "renewals_last_minute")) + " in the last minute; " +
               counted(number_at(protection, "renewals_needed")) + " needed, " +
               counted(number_at(protection, "renewals_expected")) + " expected");
  if (active) {
    context.line("first release    " + moment(number_at(protection, "first_release_at"), context.now()));
  }
  context.line("held             " + counted_of(number_at(answer->json, "held"), "instance") + " past the lease");
  show_brake(context, brake);
  return Exit::kDone;
}

void describe(CLI::App& verb, Options& o) {
  o.release = verb.add_subcommand("release", "Let the instances of an application that the brake holds expire");
  add_app_name(*o.release, o.appid);
  add_env(*o.release, o.env);
  add_each(*o.release, o.each);
  o.release->footer(
      "Examples:\n  discoveryctl protect release shop.cart\n"
      "Each node has a brake of its own: --addr N1,N2,N3 --each releases all.");
}

}  // namespace

void add_protect(Verbs& verbs) {
  verbs.add<Options>({"protect", "Self-protection, instances held past their lease, and the brake",
                      "  discoveryctl protect\n"
                      "  discoveryctl protect release shop.cart       the brake lets go of it\n",
                      true},
                     describe, run);
}

}  // namespace discovery::ctl
