// health: does a node answer, and may clients be sent there? For health checks where there is nothing else to ask with.
#include "ctl/questions.h"
#include "ctl/verbs.h"
#include "ctl/wording.h"

namespace discovery::ctl {

namespace {

struct Options {
  bool ready = false;
};

/// Of the first node alone: that another one is well says nothing about it.
Outcome<Exit> run(const Options& options, Context& context) {
  const std::string path = options.ready ? "/readyz" : "/healthz";
  client::CallRequest request;
  request.target = path;
  const client::CallAnswer answer = context.asker().ask_at(context.asker().nodes().front(), std::move(request));
  if (answer.status != 200) {
    const auto why = read_answer(answer, path);
    return why ? refused(shown(answer.node) + ": HTTP " + std::to_string(answer.status)) : why.error();
  }
  const char* const word = options.ready ? "ready" : "healthy";
  if (shown_as_json(context, Json{{"node", answer.node}, {word, true}})) return Exit::kDone;
  context.line(shown(answer.node) + ": " + word);
  return Exit::kDone;
}

}  // namespace

void add_health(Verbs& verbs) {
  verbs.add<Options>(
      {"health", "Does the first node of --addr answer? For health checks; ends with 0 if so",
       "  discoveryctl health --timeout 2s\n"
       "  discoveryctl health --ready                  and may clients be sent there\n",
       true},
      [](CLI::App& verb, Options& o) {
        verb.add_flag("--ready", o.ready, "Ask whether clients may be sent there (/readyz)");
      },
      run);
}

}  // namespace discovery::ctl
