// drain: all instances of a host, or of an application, out of service.
#include "ctl/instance_rows.h"
#include "ctl/questions.h"
#include "ctl/verbs.h"
#include "ctl/wording.h"

namespace discovery::ctl {

namespace {

struct Options {
  std::string what;
  std::string env;
  bool app = false;
  bool host = false;
  bool plan = false;
  bool yes = false;
};

/// An application and which of its instances are to be drained.
struct Step {
  Json service;
  std::vector<Target> targets;
};
using Plan = std::vector<Step>;

/// Adds the instances in service, of `host` only unless it is empty.
void add_step(Plan& plan, Json service, const std::string& host) {
  Step step{std::move(service), {}};
  const std::string env = text_at(step.service, "env");
  const std::string appid = text_at(step.service, "appid");
  for (const Json& i : rows_at(step.service, "instances")) {
    if (!is_listed(i) || number_at(i, "status") != 1) continue;
    if (host.empty() || text_at(i, "hostname") == host) step.targets.push_back(target_of(i, env, appid));
  }
  if (!step.targets.empty()) plan.push_back(std::move(step));
}

Outcome<Plan> plan_of(const Options& options, const Context& context) {
  const auto apps = applications(context, options.env);
  if (!apps) return apps.error();
  const bool is_app =
      std::any_of(apps->begin(), apps->end(), [&](const AppName& a) { return a.appid == options.what; });
  Plan of_app;
  if (is_app && !options.host) {
    auto service = whole_service(context, options.env, options.what);
    if (!service) return service.error();
    add_step(of_app, std::move(service->json), "");
  }
  if (options.app) return of_app;
  Plan of_host;
  for (const AppName& app : *apps) {
    if (app.appid == kOwnApplication) continue;
    auto service = whole_service(context, app.env, app.appid);
    if (service) {
      add_step(of_host, std::move(service->json), options.what);
    } else if (!service.error().unknown) {
      return service.error();  // an application that went meanwhile is no failure
    }
  }
  if (!of_app.empty() && !of_host.empty()) {
    return misused(shown(options.what) + " is an application and a host: say which by --app or --host");
  }
  return of_app.empty() ? of_host : of_app;
}

Json plan_json(const Plan& plan) {
  Json json;
  json["instances"] = Json::array();
  json["applications"] = Json::array();
  for (const Step& step : plan) {
    const Preview p = preview(step.service, step.targets, Change::kWaiting);
    json["applications"].push_back({{"env", text_at(step.service, "env")},
                                    {"appid", text_at(step.service, "appid")},
                                    {"up_before", p.before.up},
                                    {"up_after", p.after.up}});
    for (const Target& t : step.targets) {
      json["instances"].push_back({{"env", t.env}, {"appid", t.appid}, {"zone", t.zone}, {"hostname", t.hostname}});
    }
  }
  return json;
}

void show_plan(const Context& context, const Plan& plan) {
  Table table({{"Application"}, {"Zone"}, {"Host"}, {"Status"}});
  for (const Step& step : plan) {
    for (const Target& t : step.targets) {
      table.add({shown(t.appid), shown(t.zone), shown(t.hostname), status_text(t.status) + " -> waiting"});
    }
  }
  context.show(table);
  for (const Step& step : plan) {
    context.line(shown(text_at(step.service, "appid")) + ": " +
                 preview(step.service, step.targets, Change::kWaiting).text());
  }
}

Outcome<Exit> carry_out(const Context& context, const Plan& plan) {
  Json json = plan_json(plan);
  json["failed"] = Json::array();
  int64_t done = 0;
  for (const Step& step : plan) {
    for (const Target& t : step.targets) {
      Parameters parameters = t.parameters();
      parameters.emplace_back("status", "2");
      const auto answer = act(context, "/admin/instance/set", parameters);
      if (answer) {
        ++done;
        continue;
      }
      if (answer.error().exit == Exit::kNoAnswer) return answer.error();
      context.note(t.text() + ": " + answer.error().message);
      json["failed"].push_back({{"appid", t.appid}, {"zone", t.zone}, {"hostname", t.hostname}});
    }
  }
  const Exit exit = json["failed"].empty() ? Exit::kDone : Exit::kRefused;
  json["done"] = done;
  if (shown_as_json(context, json)) return exit;
  context.line(counted_of(done, "instance") + " set to waiting; back: discoveryctl set APP HOST --status up");
  return exit;
}

Outcome<Exit> run(const Options& options, Context& context) {
  const auto plan = plan_of(options, context);
  if (!plan) return plan.error();
  if (plan->empty()) {
    return refused("nothing in service in " + shown(options.env) + " belongs to an application or a host " +
                   shown(options.what));
  }
  if (!context.json()) show_plan(context, *plan);
  if (options.plan) {
    if (context.json()) context.show(plan_json(*plan));
    return Exit::kDone;
  }
  if (const auto sure = confirm(context, options.yes, "set them to waiting"); !sure) return sure.error();
  return carry_out(context, *plan);
}

}  // namespace

void add_drain(Verbs& verbs) {
  verbs.add<Options>(
      {"drain", "Set all instances of a host, or of an application, to waiting; shows what remains and asks",
       "  discoveryctl drain host-7 --plan     what would be done, and what would remain\n"
       "  discoveryctl drain host-7 --yes\n"
       "  discoveryctl drain shop.cart\n"},
      [](CLI::App& verb, Options& o) {
        verb.add_option("HOST|APP", o.what, "A host name, or an application")->type_name("")->required();
        add_env(verb, o.env);
        auto* app = verb.add_flag("--app", o.app, "It is the name of an application");
        verb.add_flag("--host", o.host, "It is the name of a host")->excludes(app);
        verb.add_flag("--plan", o.plan, "Only show what would be done");
        add_yes(verb, o.yes);
      },
      run);
}

}  // namespace discovery::ctl
