// snapshot save, inspect, restore: what a node has in a file, what is in a file, and back.
#include <filesystem>
#include <map>
#include <set>

#include "ctl/instance_rows.h"
#include "ctl/questions.h"
#include "ctl/snapshot_file.h"
#include "ctl/verbs.h"
#include "ctl/wording.h"

namespace discovery::ctl {

namespace {

struct Options {
  CLI::App* save = nullptr;
  CLI::App* inspect = nullptr;
  CLI::App* restore = nullptr;
  std::string file;
  std::string env;
  std::string appid;
  bool replace = false;
  bool yes = false;
};

/// Of an application, in the file.
struct Counts {
  int64_t up = 0, waiting = 0, hidden = 0, cancelled = 0;

  void add(const Json& record) {
    const std::string state = text_at(record, "state");
    if (state == "hidden") {
      ++hidden;
    } else if (!is_listed(record)) {
      ++cancelled;
    } else {
      ++(number_at(record, "status") == 1 ? up : waiting);
    }
  }
};
using Key = std::pair<std::string, std::string>;  ///< environment, application

Key key_of(const Json& record) { return {text_at(record, "env"), text_at(record, "appid")}; }

// ------------------------------------------------------------------------------------------------------- save

Outcome<Exit> run_save(const Options& options, Context& context) {
  std::error_code unknown;
  if (!options.replace && std::filesystem::exists(options.file, unknown)) {
    return refused(shown(options.file) + " is there already; --replace writes over it");
  }
  const auto overview = ask(context, "/api/overview");
  if (!overview) return overview.error();
  SnapshotFileWriter file(options.file);
  const SnapshotHead head{text_at(overview->json, "node"), number_at(overview->json, "now"), options.env};
  if (const auto begun = file.begin(head); !begun) return begun.error();
  const auto apps = applications(context, options.env);
  if (!apps) return apps.error();
  for (const AppName& app : *apps) {
    const auto service = whole_service(context, app.env, app.appid);
    if (!service && service.error().exit == Exit::kNoAnswer) return service.error();
    if (!service) continue;  // it went meanwhile
    for (const Json& instance : rows_at(service->json, "instances")) {
      Json record{{"env", app.env}, {"appid", app.appid}};
      record.update(instance);
      file.add(record);
    }
  }
  if (const auto done = file.finish(); !done) return done.error();
  const Json said{{"node", head.node},
                  {"file", options.file},
                  {"taken_at", head.taken_ns},
                  {"applications", apps->size()},
                  {"records", file.records()}};
  if (shown_as_json(context, said)) return Exit::kDone;
  context.line(shown(head.node) + ": " + counted_of(file.records(), "record") + " of " +
               counted_of(static_cast<int64_t>(apps->size()), "application") + " saved to " + shown(options.file));
  return Exit::kDone;
}

// ------------------------------------------------------------------------------------------------------- inspect

Outcome<Exit> run_inspect(const Options& options, Context& context) {
  std::map<Key, Counts> apps;
  int64_t records = 0;
  const auto head = read_snapshot_file(options.file, [&](const Json& record) {
    apps[key_of(record)].add(record);
    ++records;
  });
  if (!head) return head.error();
  Json json{{"node", head->node}, {"taken_at", head->taken_ns}, {"env", head->env}, {"records", records}};
  json["applications"] = Json::array();
  Table table({{"Env"},
               {"Application"},
               {"Up", Align::kRight},
               {"Waiting", Align::kRight},
               {"Hidden", Align::kRight},
               {"Cancelled", Align::kRight}});
  for (const auto& [key, n] : apps) {
    json["applications"].push_back({{"env", key.first},
                                    {"appid", key.second},
                                    {"up", n.up},
                                    {"waiting", n.waiting},
                                    {"hidden", n.hidden},
                                    {"cancelled", n.cancelled}});
    table.add({shown(key.first), shown(key.second), counted(n.up), counted(n.waiting), counted(n.hidden),
               counted(n.cancelled)});
  }
  if (shown_as_json(context, json)) return Exit::kDone;
  context.line(shown(options.file) + ": whole; " + counted_of(records, "record") + " that " + shown(head->node) +
               " had at " + moment(head->taken_ns, context.now()));
  context.show(table);
  return Exit::kDone;
}

// ------------------------------------------------------------------------------------------------------- restore

/// What would be registered again, of one application.
struct Step {
  int64_t in_file = 0;  ///< listed there
  int64_t listed = 0;   ///< of those, now
  std::vector<Json> missing;
};
using Plan = std::map<Key, Step>;

using Place = std::pair<std::string, std::string>;  ///< zone, host

Place place_of(const Json& record) { return {text_at(record, "zone"), text_at(record, "hostname")}; }

Outcome<Plan> plan_of(const Options& options, const Context& context, SnapshotHead& head) {
  Plan plan;
  const auto read = read_snapshot_file(options.file, [&](const Json& record) {
    const Key key = key_of(record);
    if (!is_listed(record) || key.second == kOwnApplication) return;
    if (!options.env.empty() && key.first != options.env) return;
    if (!options.appid.empty() && key.second != options.appid) return;
    plan[key].missing.push_back(record);
  });
  if (!read) return read.error();
  head = *read;
  for (auto& [key, step] : plan) {
    step.in_file = static_cast<int64_t>(step.missing.size());
    const auto service = whole_service(context, key.first, key.second);
    if (!service && service.error().exit == Exit::kNoAnswer) return service.error();
    if (!service) continue;  // nothing is known of it
    std::set<Place> listed;
    for (const Json& instance : rows_at(service->json, "instances")) {
      if (is_listed(instance)) listed.insert(place_of(instance));
    }
    std::erase_if(step.missing, [&](const Json& record) { return listed.contains(place_of(record)); });
    step.listed = step.in_file - static_cast<int64_t>(step.missing.size());
  }
  return plan;
}

Parameters registration(const Key& app, const Json& record) {
  Parameters form{{"env", app.first},
                  {"appid", app.second},
                  {"zone", text_at(record, "zone")},
                  {"hostname", text_at(record, "hostname")},
                  {"status", std::to_string(number_at(record, "status"))}};
  for (const Json& address : rows_at(record, "addrs")) {
    if (address.is_string()) form.emplace_back("addrs", address.get<std::string>());
  }
  for (const char* const name : {"region", "version"}) {
    if (std::string text = text_at(record, name); !text.empty()) form.emplace_back(name, std::move(text));
  }
  if (const Json& metadata = member(record, "metadata"); metadata.is_object()) {
    form.emplace_back("metadata", metadata.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  return form;
}

Outcome<Exit> carry_out(const Plan& plan, Context& context) {
  Json json{{"restored", 0}, {"left", 0}, {"failed", Json::array()}};
  int64_t restored = 0;
  int64_t left = 0;
  for (const auto& [key, step] : plan) {
    left += step.listed;
    for (const Json& record : step.missing) {
      const auto answer = write(context, "/discovery/register", registration(key, record));
      if (answer) {
        ++restored;
        continue;
      }
      if (answer.error().exit == Exit::kNoAnswer) {
        context.note(counted_of(restored, "instance") + " registered before this");
        return answer.error();
      }
      context.note(target_of(record, key.first, key.second).text() + ": " + answer.error().message);
      json["failed"].push_back({{"env", key.first},
                                {"appid", key.second},
                                {"zone", text_at(record, "zone")},
                                {"hostname", text_at(record, "hostname")},
                                {"error", answer.error().message}});
    }
  }
  json["restored"] = restored;
  json["left"] = left;
  const Exit exit = json["failed"].empty() ? Exit::kDone : Exit::kRefused;
  if (shown_as_json(context, json)) return exit;
  context.line(counted_of(restored, "instance") + " registered again; each expires unless its service renews it");
  return exit;
}

Outcome<Exit> run_restore(const Options& options, Context& context) {
  SnapshotHead head;
  const auto plan = plan_of(options, context, head);
  if (!plan) return plan.error();
  int64_t missing = 0;
  Table table({{"Env"},
               {"Application"},
               {"In the file", Align::kRight},
               {"Listed now", Align::kRight},
               {"To register", Align::kRight}});
  for (const auto& [key, step] : *plan) {
    const auto count = static_cast<int64_t>(step.missing.size());
    missing += count;
    table.add({shown(key.first), shown(key.second), counted(step.in_file), counted(step.listed), counted(count)});
  }
  if (plan->empty()) return refused(shown(options.file) + ": nothing of that was listed when it was saved");
  // On standard error: what programs read is the answer.
  context.note("from " + shown(head.node) + ", " + moment(head.taken_ns, context.now()) +
               "; what is listed now stays as it is");
  if (!context.json()) context.show(table);
  if (missing > 0) {
    const auto sure = confirm(context, options.yes, "register " + counted_of(missing, "instance"));
    if (!sure) return sure.error();
  }
  return carry_out(*plan, context);
}

// ------------------------------------------------------------------------------------------------------- words

void add_file(CLI::App& verb, std::string& file, const char* what) {
  verb.add_option("FILE", file, what)->type_name("")->required();
}

void describe(CLI::App& verb, Options& o) {
  verb.require_subcommand(1);
  o.save = verb.add_subcommand("save", "Write what a node has to a file");
  add_file(*o.save, o.file, "File that is written");
  o.save->add_option("--env", o.env, "Only this environment")->type_name("NAME");
  o.save->add_flag("--replace", o.replace, "Write over a file that is there");
  o.save->footer("Examples:\n  discoveryctl snapshot save before-the-change.jsonl");
  o.inspect = verb.add_subcommand("inspect", "Check a file, and show what is in it; asks no node");
  add_file(*o.inspect, o.file, "File that was saved");
  o.inspect->footer("Examples:\n  discoveryctl snapshot inspect before-the-change.jsonl");
  o.restore = verb.add_subcommand("restore", "Register what was listed then and is not listed now; asks first");
  add_file(*o.restore, o.file, "File that was saved");
  o.restore->add_option("--env", o.env, "Only this environment")->type_name("NAME");
  o.restore->add_option("--app", o.appid, "Only this application")->type_name("NAME");
  add_yes(*o.restore, o.yes);
  o.restore->footer(
      "Examples:\n  discoveryctl snapshot restore before-the-change.jsonl --app shop.cart\n"
      "An instance that nobody renews expires again; one whose service is alive is renewed and stays.");
}

Outcome<Exit> run(const Options& options, Context& context) {
  if (options.save->parsed()) return run_save(options, context);
  if (options.inspect->parsed()) return run_inspect(options, context);
  return run_restore(options, context);
}

}  // namespace

void add_snapshot(Verbs& verbs) {
  verbs.add<Options>({"snapshot", "Save what a node has to a file, look into it, register it again",
                      "  discoveryctl snapshot save before-the-change.jsonl\n"
                      "  discoveryctl snapshot inspect before-the-change.jsonl\n"
                      "  discoveryctl snapshot restore before-the-change.jsonl --app shop.cart\n"},
                     describe, run);
}

}  // namespace discovery::ctl
