// history and state: what happened, and what was at a moment.
#include "ctl/instance_rows.h"
#include "ctl/questions.h"
#include "ctl/verbs.h"
#include "ctl/wording.h"
#include "queries/question.h"

namespace discovery::ctl {

namespace {

struct HistoryOptions {
  std::string appid;
  std::string hostname;
  std::string env;
  std::string zone;
  std::string since;
  std::string until;
  std::string kind;
  uint64_t limit = 100;
};
struct StateOptions {
  std::string appid;
  std::string env;
  std::string zone;
  std::string at;
};

/// "" passes; else as the node reads it, so that a typing error is told before any node is asked.
Outcome<std::string> moment_parameter(const char* option, const std::string& text, TimePoint now) {
  if (text.empty()) return text;
  const auto at = queries::parse_moment(text, now);
  if (!at) return misused(std::string(option) + ": " + shown(at.error().message));
  return text;
}

std::string side(const Json& half) {
  if (!half.is_object()) return "nothing";
  const std::string state = text_at(half, "state");
  return state == "visible" ? status_text(number_at(half, "status")) : shown(state);
}

std::string detail_of(const Json& event, TimePoint now) {
  std::string text;
  if (event.contains("before")) text = side(member(event, "before")) + " -> " + side(member(event, "after"));
  if (event.contains("count")) {
    text += ", " + counted(number_at(event, "count")) + " times, last " + moment(number_at(event, "last"), now);
  }
  if (event.contains("origin")) text += ", by key " + shown(text_at(member(event, "origin"), "key"));
  if (event.contains("gap_seconds")) text += ", after " + seconds_text(real_at(event, "gap_seconds"));
  return text.empty() ? "-" : text;
}

Outcome<Exit> run_history(const HistoryOptions& options, Context& context) {
  const auto since = moment_parameter("--since", options.since, context.now());
  if (!since) return since.error();
  const auto until = moment_parameter("--until", options.until, context.now());
  if (!until) return until.error();
  const std::string env = options.env.empty() && !options.appid.empty() ? "dev" : options.env;
  const auto answer = ask(context, "/api/history",
                          {{"env", env},
                           {"appid", options.appid},
                           {"hostname", options.hostname},
                           {"zone", options.zone},
                           {"kind", options.kind},
                           {"since", *since},
                           {"until", *until},
                           {"limit", std::to_string(options.limit)}});
  if (!answer) return answer.error();
  const Json& events = rows_at(answer->json, "events");
  const Exit exit = events.empty() ? Exit::kRefused : Exit::kDone;
  if (shown_as_json(context, answer->json)) return exit;
  const std::string reach = moment(number_at(answer->json, "reaches_back_to"), context.now());
  if (events.empty()) return refused(shown(answer->node) + ": no such event; its history reaches back to " + reach);
  Table table({{"Time"}, {"What"}, {"Env"}, {"Application"}, {"Zone"}, {"Host"}, {"By"}, {"Detail"}});
  for (const Json& e : events) {
    table.add({moment(number_at(e, "at"), context.now()), shown(text_at(e, "kind")), shown(text_at(e, "env")),
               shown(text_at(e, "appid")), shown(text_at(e, "zone")), shown(text_at(e, "hostname")),
               shown(text_at(e, "by")), detail_of(e, context.now())});
  }
  context.show(table);
  if (flag_at(answer->json, "more")) context.note("there are older ones; --limit shows up to 1,000, --until goes back");
  return exit;
}

Outcome<Exit> run_state(const StateOptions& options, Context& context) {
  const auto at = moment_parameter("--at", options.at, context.now());
  if (!at) return at.error();
  auto answer = ask(context, "/api/history", {{"env", options.env}, {"appid", options.appid}, {"at", *at}});
  if (!answer) return answer.error();
  if (!options.zone.empty()) {
    Json kept = Json::array();
    for (const Json& i : rows_at(answer->json, "instances")) {
      if (text_at(i, "zone") == options.zone) kept.push_back(i);
    }
    answer->json["instances"] = std::move(kept);
  }
  const Json& instances = rows_at(answer->json, "instances");
  const Exit exit = instances.empty() ? Exit::kRefused : Exit::kDone;
  if (!flag_at(answer->json, "complete")) {
    context.note(shown(answer->node) + ": its history does not reach back that far; this is as far as it is known");
  }
  if (const int64_t restarts = number_at(answer->json, "restarts_since"); restarts > 0) {
    context.note(shown(answer->node) + " was started " + counted_of(restarts, "time") +
                 " since; what happened while it was down is not known");
  }
  if (shown_as_json(context, answer->json)) return exit;
  const std::string when = utc(number_at(answer->json, "at"));
  if (instances.empty()) return refused(shown(options.appid) + " had no instance at " + when);
  context.line(shown(options.appid) + " in " + shown(options.env) + " at " + when);
  Table table({{"Zone"}, {"Host"}, {"Status"}, {"Version"}, {"Registered"}, {"Addresses"}});
  for (const Json& i : instances) {
    table.add({shown(text_at(i, "zone")), shown(text_at(i, "hostname")), state_text(i), shown(text_at(i, "version")),
               utc(number_at(i, "reg_timestamp")), addresses_text(i)});
  }
  context.show(table);
  return exit;
}

constexpr const char* kTimes = "2026-11-28T09:30:00Z, Unix seconds, or how long ago: 10m";

void describe_history(CLI::App& verb, HistoryOptions& o) {
  verb.add_option("APP", o.appid, "Application; all of them, and what the node did, if it is not given")->type_name("");
  verb.add_option("HOST", o.hostname, "Host name of the instance")->type_name("");
  verb.add_option("--env", o.env, "Environment; dev with an APP, else all, if it is not given")->type_name("NAME");
  verb.add_option("--zone", o.zone, "Of this zone only")->type_name("NAME");
  verb.add_option("--since", o.since, std::string("Not older: ") + kTimes)->type_name("TIME");
  verb.add_option("--until", o.until, "Not newer")->type_name("TIME");
  verb.add_option("--kind", o.kind, "Only registered, changed, registered_again, set, cancelled, expired, ...")
      ->type_name("KIND");
  verb.add_option("--limit", o.limit, "At most so many")->type_name("ROWS")->check(CLI::Range(1, 1000));
}

}  // namespace

void add_history(Verbs& verbs) {
  verbs.add<HistoryOptions>({"history", "What happened to instances, who did it, when; the newest first",
                             "  discoveryctl history shop.cart --since 1h\n"
                             "  discoveryctl history shop.cart cart-0 --kind cancelled\n"
                             "  discoveryctl history --since 10m             everything\n",
                             true},
                            describe_history, run_history);
  verbs.add<StateOptions>(
      {"state", "What an application was at a moment",
       "  discoveryctl state shop.cart --at 2026-11-28T09:30:00Z\n"
       "  discoveryctl state shop.cart --at 10m         ten minutes ago\n"},
      [](CLI::App& verb, StateOptions& o) {
        add_app_name(verb, o.appid);
        add_env(verb, o.env);
        verb.add_option("--zone", o.zone, "Of this zone only")->type_name("NAME");
        verb.add_option("--at", o.at, kTimes)->type_name("TIME")->required();
      },
      run_state);
}

}  // namespace discovery::ctl
