// instances: those of an application.
#include <algorithm>

#include "ctl/instance_rows.h"
#include "ctl/questions.h"
#include "ctl/verbs.h"
#include "ctl/wording.h"

namespace discovery::ctl {

namespace {

struct Options {
  std::string appid;
  std::string env;
  std::string zone;
  std::string filter;
  bool all = false;
};

Outcome<Exit> run(const Options& options, Context& context) {
  auto answer = whole_service(context, options.env, options.appid);
  if (!answer) return answer.error();
  Json kept = Json::array();
  for (const Json& i : rows_at(answer->json, "instances")) {
    if (!options.all && text_at(i, "state") != "visible") continue;
    if (!options.zone.empty() && text_at(i, "zone") != options.zone) continue;
    if (!options.filter.empty() && !mentions(i, options.filter)) continue;
    kept.push_back(i);
  }
  answer->json["instances"] = std::move(kept);
  const Json& instances = rows_at(answer->json, "instances");
  const Exit exit = instances.empty() ? Exit::kRefused : Exit::kDone;
  if (shown_as_json(context, answer->json)) return exit;
  if (instances.empty()) {
    return refused(shown(answer->node) + ": no instance of " + shown(options.appid) + " in " + shown(options.env) +
                   " fits" + (options.all ? "" : "; --all shows hidden and cancelled ones too"));
  }
  const bool guests =
      std::any_of(instances.begin(), instances.end(), [](const Json& i) { return i.contains("origin"); });
  std::vector<Column> columns = {{"Zone"},    {"Host"},       {"Status"},   {"Lease", Align::kRight},
                                 {"Version"}, {"Registered"}, {"Addresses"}};
  if (guests) columns.push_back({"Came by"});
  Table table(columns);
  for (const Json& i : instances) {
    std::vector<std::string> row = {shown(text_at(i, "zone")),
                                    shown(text_at(i, "hostname")),
                                    state_text(i),
                                    lease_text(i),
                                    shown(text_at(i, "version")),
                                    moment(number_at(i, "reg_timestamp"), context.now()),
                                    addresses_text(i)};
    if (guests) row.push_back(origin_text(i));
    table.add(std::move(row));
  }
  context.show(table);
  return exit;
}

}  // namespace

void add_instances(Verbs& verbs) {
  verbs.add<Options>(
      {"instances", "The instances of an application",
       "  discoveryctl instances shop.cart                    those that are listed\n"
       "  discoveryctl instances shop.cart --filter v1.4      that say v1.4 in host, zone, version, addresses or "
       "metadata\n"
       "  discoveryctl instances shop.cart --all --env uat    expired (hidden) and cancelled ones as well\n",
       true},
      [](CLI::App& verb, Options& o) {
        add_app_name(verb, o.appid);
        add_env(verb, o.env);
        verb.add_option("--zone", o.zone, "Of this zone only")->type_name("NAME");
        verb.add_option("--filter", o.filter, "Only those that contain this text somewhere, letter case aside")
            ->type_name("TEXT");
        verb.add_flag("--all", o.all, "Hidden and cancelled ones as well");
      },
      run);
}

}  // namespace discovery::ctl
