// cancel and set: what an operator does to one instance.
#include "ctl/instance_rows.h"
#include "ctl/questions.h"
#include "ctl/verbs.h"
#include "ctl/wording.h"

namespace discovery::ctl {

namespace {

struct CancelOptions {
  Target target;
  bool yes = false;
};
struct SetOptions {
  Target target;
  std::string status;
};

Outcome<Exit> run_cancel(const CancelOptions& options, Context& context) {
  const auto service = whole_service(context, options.target.env, options.target.appid);
  if (!service) return service.error();
  const auto target = find_instance(service->json, options.target);
  if (!target) return target.error();
  // On standard error: what programs read is the answer.
  context.note("cancel " + target->text() + ", which is " + status_text(target->status));
  context.note(shown(target->appid) + ": " + preview(service->json, {*target}, Change::kGone).text());
  if (const auto sure = confirm(context, options.yes, "cancel it"); !sure) return sure.error();
  const auto answer = act(context, "/admin/instance/cancel", target->parameters());
  if (!answer) return answer.error();
  if (shown_as_json(context, answer->json)) return Exit::kDone;
  context.line(shown(answer->node) + " cancelled " + target->text());
  return Exit::kDone;
}

Outcome<Exit> run_set(const SetOptions& options, Context& context) {
  const auto service = whole_service(context, options.target.env, options.target.appid);
  if (!service) return service.error();
  const auto target = find_instance(service->json, options.target);
  if (!target) return target.error();
  Parameters parameters = target->parameters();
  parameters.emplace_back("status", options.status == "up" ? "1" : "2");
  const auto answer = act(context, "/admin/instance/set", parameters);
  if (!answer) return answer.error();
  if (shown_as_json(context, answer->json)) return Exit::kDone;
  const Change change = options.status == "up" ? Change::kUp : Change::kWaiting;
  context.line(shown(answer->node) + " set " + target->text() + " to " + options.status);
  context.line(shown(target->appid) + ": " + preview(service->json, {*target}, change).after.text());
  return Exit::kDone;
}

}  // namespace

void add_cancel(Verbs& verbs) {
  verbs.add<CancelOptions>(
      {"cancel", "Take an instance out of the registry; shows what remains and asks",
       "  discoveryctl cancel shop.cart cart-0          asks\n"
       "  discoveryctl cancel shop.cart cart-0 --yes    for scripts\n"
       "A service that is alive registers again at its next renewal; set it to waiting instead.\n"},
      [](CLI::App& verb, CancelOptions& o) {
        add_app_name(verb, o.target.appid);
        add_host(verb, o.target.hostname);
        add_env(verb, o.target.env);
        add_zone(verb, o.target.zone);
        add_yes(verb, o.yes);
      },
      run_cancel);
  verbs.add<SetOptions>(
      {"set", "Put an instance in service, or out of it while it stays registered",
       "  discoveryctl set shop.cart cart-0 --status waiting    clients are not told of it any more\n"
       "  discoveryctl set shop.cart cart-0 --status up         and again they are\n"},
      [](CLI::App& verb, SetOptions& o) {
        add_app_name(verb, o.target.appid);
        add_host(verb, o.target.hostname);
        add_env(verb, o.target.env);
        add_zone(verb, o.target.zone);
        verb.add_option("--status", o.status, "up or waiting")
            ->type_name("STATUS")
            ->required()
            ->check(CLI::IsMember({"up", "waiting"}));
      },
      run_set);
}

}  // namespace discovery::ctl
