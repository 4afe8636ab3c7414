// snapshot save, inspect, restore: what a node has in a file, what is in a file, and back.
#include <filesystem>
#include <map>
#include <optional>

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
  using Replace = SnapshotFileWriter::Replace;
  std::error_code unknown;
  if (!options.replace && std::filesystem::exists(options.file, unknown)) {
    return refused(shown(options.file) + " is there already; --replace writes over it");
  }
  const auto overview = ask(context, "/api/overview");
  if (!overview) return overview.error();
  const std::string& node = overview->node;  // all of it is of that one
  SnapshotFileWriter file(options.file, options.replace ? Replace::kYes : Replace::kNo);
  const SnapshotHead head{text_at(overview->json, "node"), number_at(overview->json, "now"), options.env};
  if (const auto begun = file.begin(head); !begun) return begun.error();
  const auto apps = applications(context, options.env, node);
  if (!apps) return apps.error();
  for (const AppName& app : *apps) {
    const auto service = whole_service(context, app.env, app.appid, node);
    if (!service && service.error().unknown) continue;  // it went meanwhile
    if (!service) return service.error();
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

using Place = std::pair<std::string, std::string>;  ///< zone, host

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

/// What the file lists of an application, as it would be registered.
struct Step {
  std::map<Place, Parameters> missing;  ///< not listed now
  int64_t in_file = 0;
};
using Plan = std::map<Key, Step>;

/// Leaves out what is listed now.
Outcome<void> leave_listed(const Context& context, const Key& app, Step& step) {
  const auto service = whole_service(context, app.first, app.second);
  if (!service && service.error().unknown) return {};
  if (!service) return service.error();
  for (const Json& instance : rows_at(service->json, "instances")) {
    if (is_listed(instance)) step.missing.erase({text_at(instance, "zone"), text_at(instance, "hostname")});
  }
  return {};
}

Outcome<Plan> plan_of(const Options& options, const Context& context, SnapshotHead& head) {
  Plan plan;
  size_t records = 0;
  const auto read = read_snapshot_file(options.file, [&](const Json& record) {
    const Key app = key_of(record);
    if (++records > kInstancesMax) return;
    if (!is_listed(record) || app.second == kOwnApplication) return;
    if (!options.env.empty() && app.first != options.env) return;
    if (!options.appid.empty() && app.second != options.appid) return;
    plan[app].missing[{text_at(record, "zone"), text_at(record, "hostname")}] = registration(app, record);
  });
  if (!read) return read.error();
  if (records > kInstancesMax) {
    return refused(shown(options.file) + ": more than " + counted(kInstancesMax) + " records");
  }
  head = *read;
  for (auto& [app, step] : plan) {
    step.in_file = static_cast<int64_t>(step.missing.size());
    if (const auto left = leave_listed(context, app, step); !left) return left.error();
  }
  return plan;
}

/// What became of it.
struct Done {
  int64_t restored = 0;
  int64_t left = 0;
  Json failed = Json::array();
  std::optional<Failure> ended;  ///< before all was done

  [[nodiscard]] Json json() const { return {{"restored", restored}, {"left", left}, {"failed", failed}}; }
};

void restore(const Key& app, const Step& step, Context& context, Done& done) {
  for (const auto& [place, form] : step.missing) {
    const auto answer = write(context, "/discovery/register", form);
    if (answer) {
      ++done.restored;
    } else if (answer.error().exit == Exit::kNoAnswer) {
      done.ended = answer.error();
      return;
    } else {
      const Target target{app.first, app.second, place.first, place.second};
      context.note(target.text() + ": " + answer.error().message);
      done.failed.push_back({{"env", app.first},
                             {"appid", app.second},
                             {"zone", place.first},
                             {"hostname", place.second},
                             {"error", answer.error().message}});
    }
  }
}

Outcome<Exit> carry_out(Plan& plan, Context& context) {
  Done done;
  for (auto& [app, step] : plan) {
    // What registered itself while somebody thought it over is newer than the file.
    if (const auto left = leave_listed(context, app, step); !left) done.ended = left.error();
    if (!done.ended) restore(app, step, context, done);
    if (done.ended) break;
    done.left += step.in_file - static_cast<int64_t>(step.missing.size());
  }
  if (!shown_as_json(context, done.json())) {
    context.line(counted_of(done.restored, "instance") +
                 " registered again; each expires unless its service renews it");
  }
  if (done.ended) return *done.ended;
  return done.failed.empty() ? Exit::kDone : Exit::kRefused;
}

Outcome<Exit> run_restore(const Options& options, Context& context) {
  SnapshotHead head;
  auto plan = plan_of(options, context, head);
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
    table.add(
        {shown(key.first), shown(key.second), counted(step.in_file), counted(step.in_file - count), counted(count)});
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
