// clients: who asks a node how much, who does not take answers, who is slowed.
#include "ctl/client_rows.h"
#include "ctl/questions.h"
#include "ctl/verbs.h"
#include "ctl/wording.h"

namespace discovery::ctl {

namespace {

struct Options {
  std::string sort = "requests";
  uint64_t limit = 100;
  bool slow = false;
  bool throttled = false;
};

Outcome<Exit> run(const Options& options, Context& context) {
  const bool filtered = options.slow || options.throttled;
  auto answer = ask(context, "/api/clients",
                    {{"sort", options.sort}, {"limit", filtered ? "1000" : std::to_string(options.limit)}});
  if (!answer) return answer.error();
  if (filtered) {
    Json kept = Json::array();
    for (const Json& c : rows_at(answer->json, "clients")) {
      const bool fits =
          (options.slow && number_at(c, "slow") > 0) || (options.throttled && !rows_at(c, "slowed").empty());
      if (fits && kept.size() < options.limit) kept.push_back(c);
    }
    answer->json["clients"] = std::move(kept);
  }
  const Json& clients = rows_at(answer->json, "clients");
  const Exit exit = clients.empty() ? Exit::kRefused : Exit::kDone;
  if (shown_as_json(context, answer->json)) return exit;
  if (clients.empty()) return refused(shown(answer->node) + ": no such client");
  context.show(client_table(clients));
  if (options.throttled) context.show(slowed_table(clients, context.now()));
  return exit;
}

}  // namespace

void add_clients(Verbs& verbs) {
  verbs.add<Options>(
      {"clients", "The clients of a node: requests, polls, who is slow and who is slowed",
       "  discoveryctl clients --sort polls\n"
       "  discoveryctl clients --throttled             who asks in a loop, and what\n",
       true},
      [](CLI::App& verb, Options& o) {
        verb.add_option("--sort", o.sort, "requests, polls or connections")
            ->type_name("BY")
            ->check(CLI::IsMember({"requests", "polls", "connections"}));
        verb.add_option("--limit", o.limit, "At most so many rows")->type_name("ROWS")->check(CLI::Range(1, 1000));
        auto* slow = verb.add_flag("--slow", o.slow, "Only those with connections that do not take their answers");
        verb.add_flag("--throttled", o.throttled, "Only those that are slowed, and by which rule")->excludes(slow);
      },
      run);
}

}  // namespace discovery::ctl
