// explain: why a client sees an instance, or does not.
#include "ctl/questions.h"
#include "ctl/verbs.h"
#include "ctl/wording.h"

namespace discovery::ctl {

namespace {

struct Options {
  std::string appid;
  std::string hostname;
  std::string env;
  std::string zone;
  std::string from;
  uint32_t status = 1;
  bool local = false;
};

Outcome<Exit> run(const Options& options, Context& context) {
  const auto answer = ask(context, "/api/explain",
                          {{"env", options.env},
                           {"appid", options.appid},
                           {"hostname", options.hostname},
                           {"zone", options.zone},
                           {"client_zone", options.from},
                           {"status", std::to_string(options.status)},
                           {"nodes", options.local ? "0" : ""}});
  if (!answer) return answer.error();
  const std::string cause = text_at(answer->json, "cause");
  const bool unknown = cause == "unknown_application" || cause == "unknown_instance";
  const Exit exit = unknown ? Exit::kRefused : Exit::kDone;
  if (shown_as_json(context, answer->json)) return exit;
  const bool visible = flag_at(answer->json, "visible");
  context.line(visible ? "VISIBLE" : "NOT VISIBLE: " + shown(cause));
  Table table({{"#", Align::kRight}, {"About"}, {"Passes"}, {"Detail"}});
  bool cause_named = visible;
  size_t number = 0;
  for (const Json& v : rows_at(answer->json, "verdicts")) {
    const bool passes = flag_at(v, "passes");
    const std::string mark = passes || cause_named ? "" : "  <- the cause";
    cause_named = cause_named || !passes;
    table.add(
        {std::to_string(++number), shown(text_at(v, "about")), yes_no(passes), shown(text_at(v, "detail")) + mark});
  }
  context.show(table);
  context.line(shown(text_at(answer->json, "node")) + ": " + shown(text_at(answer->json, "summary")));
  return exit;
}

}  // namespace

void add_explain(Verbs& verbs) {
  verbs.add<Options>(
      {"explain", "Why a client of a node sees an instance, or does not",
       "  discoveryctl explain shop.cart cart-0\n"
       "  discoveryctl explain shop.cart cart-0 --from sh002 --status 3    a client that asks for that zone, up and "
       "waiting\n",
       true},
      [](CLI::App& verb, Options& o) {
        add_app_name(verb, o.appid);
        add_host(verb, o.hostname);
        add_env(verb, o.env);
        add_zone(verb, o.zone);
        verb.add_option("--from", o.from, "The zone that the client asks for; all zones if it is not given")
            ->type_name("ZONE");
        verb.add_option("--status", o.status, "What the client asks for: 1 up, 2 waiting, 3 both")
            ->type_name("MASK")
            ->check(CLI::Range(0U, 3U));
        verb.add_flag("--local", o.local, "Do not ask the other nodes what they have");
      },
      run);
}

}  // namespace discovery::ctl
