// services: the applications that are registered.
#include "ctl/questions.h"
#include "ctl/verbs.h"
#include "ctl/wording.h"

namespace discovery::ctl {

namespace {

struct Options {
  std::string text;
  std::string env;
  std::string zone;
  std::string sort = "name";
  uint64_t limit = 1000;
  bool names = false;
};

std::string zones_text(const Json& zones) {
  std::string text;
  if (!zones.is_object()) return "-";
  for (const auto& [zone, count] : zones.items()) {
    text.append(text.empty() ? "" : " ").append(shown(zone)).append(":");
    text.append(count.is_number_integer() ? counted(count.get<int64_t>()) : "-");
  }
  return text.empty() ? "-" : text;
}

/// Those that a shell takes as one word, for completion.
void show_names(const Context& context, const Json& services) {
  for (const Json& s : services) {
    const std::string name = text_at(s, "appid");
    const auto plain = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
             c == '-' || c == '/';
    };
    if (!name.empty() && name[0] != '-' && std::all_of(name.begin(), name.end(), plain))
      context.screen().out(name + "\n");
  }
}

Outcome<Exit> run(const Options& options, Context& context) {
  const auto answer = ask(context, "/api/services",
                          {{"q", options.text},
                           {"env", options.env},
                           {"zone", options.zone},
                           {"sort", options.sort},
                           {"limit", std::to_string(options.limit)}});
  if (!answer) return answer.error();
  const Json& services = rows_at(answer->json, "services");
  const Exit exit = services.empty() ? Exit::kRefused : Exit::kDone;
  if (shown_as_json(context, answer->json)) return exit;
  if (options.names) {
    show_names(context, services);
    return Exit::kDone;
  }
  if (services.empty()) return refused(shown(answer->node) + ": no application is registered that fits");
  Table table({{"Env"},
               {"Application"},
               {"Up", Align::kRight},
               {"Waiting", Align::kRight},
               {"Hidden", Align::kRight},
               {"Watchers", Align::kRight},
               {"Changed"},
               {"Zones"}});
  for (const Json& s : services) {
    table.add({shown(text_at(s, "env")), shown(text_at(s, "appid")), counted(number_at(s, "up")),
               counted(number_at(s, "waiting")), counted(number_at(s, "hidden")), counted(number_at(s, "watchers")),
               moment(number_at(s, "last_change"), context.now()), zones_text(member(s, "zones"))});
  }
  context.show(table);
  const int64_t more = number_at(answer->json, "matched") - static_cast<int64_t>(services.size());
  if (more > 0) context.note(counted(more) + " more fit; --limit shows up to 10,000");
  return exit;
}

}  // namespace

void add_services(Verbs& verbs) {
  verbs.add<Options>(
      {"services", "The applications, how many instances each has, and where",
       "  discoveryctl services                        all of them, of all environments\n"
       "  discoveryctl services cart --zone sh001      whose name contains \"cart\", with instances in that zone\n"
       "  discoveryctl services --sort changed --limit 10\n",
       true},
      [](CLI::App& verb, Options& o) {
        verb.add_option("TEXT", o.text, "Part of the name, letter case aside")->type_name("");
        verb.add_option("--env", o.env, "Of this environment only; all if it is not given")->type_name("NAME");
        verb.add_option("--zone", o.zone, "With instances in this zone only")->type_name("NAME");
        verb.add_option("--sort", o.sort, "name, changed, instances or watchers")
            ->type_name("BY")
            ->check(CLI::IsMember({"name", "changed", "instances", "watchers"}));
        verb.add_option("--limit", o.limit, "At most so many rows")->type_name("ROWS")->check(CLI::Range(1, 10'000));
        verb.add_flag("--names", o.names, "Only the names, one a line, those that need no quotes: for completion");
      },
      run);
}

}  // namespace discovery::ctl
