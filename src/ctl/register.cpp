// register and renew: what a service does, done by hand.
#include "ctl/instance_rows.h"
#include "ctl/questions.h"
#include "ctl/verbs.h"
#include "ctl/wording.h"

namespace discovery::ctl {

namespace {

struct RegisterOptions {
  Target target;
  std::string region;
  std::string version;
  std::string status = "up";
  std::vector<std::string> urls;
  std::vector<std::string> metadata;
};

/// "name=value" each.
Outcome<std::string> metadata_json(const std::vector<std::string>& pairs) {
  Json json = Json::object();
  for (const std::string& pair : pairs) {
    const size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) return misused("--metadata " + shown(pair) + ": write NAME=VALUE");
    json[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Outcome<Exit> run_register(const RegisterOptions& options, Context& context) {
  Parameters form = options.target.parameters();
  form.emplace_back("status", options.status == "up" ? "1" : "2");
  for (const std::string& url : options.urls) form.emplace_back("addrs", url);
  if (!options.region.empty()) form.emplace_back("region", options.region);
  if (!options.version.empty()) form.emplace_back("version", options.version);
  if (!options.metadata.empty()) {
    const auto metadata = metadata_json(options.metadata);
    if (!metadata) return metadata.error();
    form.emplace_back("metadata", *metadata);
  }
  const auto answer = write(context, "/discovery/register", form);
  if (!answer) return answer.error();
  if (shown_as_json(context, answer->json)) return Exit::kDone;
  context.line(shown(answer->node) + " registered " + options.target.text() + ", " + options.status +
               "; it expires unless it is renewed");
  return Exit::kDone;
}

Outcome<Exit> run_renew(const Target& wanted, Context& context) {
  Target target = wanted;
  if (target.zone.empty()) {
    const auto service = whole_service(context, target.env, target.appid);
    if (!service) return service.error();
    const auto found = find_instance(service->json, wanted);
    if (!found) return found.error();
    target = *found;
  }
  const auto answer = write(context, "/discovery/renew", target.parameters());
  if (!answer) return answer.error();
  if (shown_as_json(context, answer->json)) return Exit::kDone;
  context.line(shown(answer->node) + " renewed " + target.text());
  return Exit::kDone;
}

}  // namespace

void add_register(Verbs& verbs) {
  verbs.add<RegisterOptions>(
      {"register", "Register an instance once, as a service does; nobody renews it after that",
       "  discoveryctl register shop.cart cart-0 --zone sh001 --url http://10.1.0.7:8000 --metadata weight=10\n"},
      [](CLI::App& verb, RegisterOptions& o) {
        add_app_name(verb, o.target.appid);
        add_host(verb, o.target.hostname);
        add_env(verb, o.target.env);
        verb.add_option("--zone", o.target.zone, "Zone of the instance")->type_name("NAME")->required();
        verb.add_option("--url", o.urls, "Its address, scheme://host:port; may be repeated")
            ->type_name("URL")
            ->required()
            ->expected(1)
            ->allow_extra_args(false)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        verb.add_option("--region", o.region, "Its region")->type_name("NAME");
        verb.add_option("--version", o.version, "Its version")->type_name("TEXT");
        verb.add_option("--metadata", o.metadata, "A member of its metadata; may be repeated")
            ->type_name("NAME=VALUE")
            ->expected(1)
            ->allow_extra_args(false)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        verb.add_option("--status", o.status, "up or waiting; up if it is not given")
            ->type_name("STATUS")
            ->check(CLI::IsMember({"up", "waiting"}));
      },
      run_register);
  verbs.add<Target>(
      {"renew", "Renew the lease of an instance once",
       "  discoveryctl renew shop.cart cart-0 --zone sh001     without --zone it is looked for first\n"},
      [](CLI::App& verb, Target& o) {
        add_app_name(verb, o.appid);
        add_host(verb, o.hostname);
        add_env(verb, o.env);
        add_zone(verb, o.zone);
      },
      run_renew);
}

}  // namespace discovery::ctl
