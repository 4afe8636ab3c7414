// reload, drain-node, log-level, remove-node: to a node itself.
#include "ctl/admin_target.h"
#include "ctl/verbs.h"
#include "ctl/wording.h"

namespace discovery::ctl {

namespace {

struct ReloadOptions {
  bool each = false;
};
struct DrainOptions {
  bool yes = false;
};
struct LevelOptions {
  std::string level;
  bool each = false;
};
struct RemoveOptions {
  std::string node;
  bool each = false;
};

Outcome<Exit> run_reload(const ReloadOptions& options, Context& context) {
  return administer(context, options.each, "/admin/reload", {});
}

Outcome<Exit> run_drain(const DrainOptions& options, Context& context) {
  const std::string& node = context.asker().nodes().front();
  if (const auto sure = confirm(context, options.yes, "end the node " + shown(node)); !sure) return sure.error();
  return administer(context, false, "/admin/drain", {});
}

Outcome<Exit> run_level(const LevelOptions& options, Context& context) {
  return administer(context, options.each, "/admin/log-level", {{"level", options.level}});
}

Outcome<Exit> run_remove(const RemoveOptions& options, Context& context) {
  return administer(context, options.each, "/admin/cluster/remove", {{"node", options.node}});
}

}  // namespace

void add_admin(Verbs& verbs) {
  verbs.add<ReloadOptions>(
      {"reload", "Let the first node of --addr read its configuration again, as SIGHUP does",
       "  discoveryctl reload\n"
       "  discoveryctl reload --addr 10.0.0.1:7171,10.0.0.2:7171 --each --token-file admin.token\n"},
      [](CLI::App& verb, ReloadOptions& o) { add_each(verb, o.each); }, run_reload);
  verbs.add<DrainOptions>(
      {"drain-node", "Let the first node of --addr say farewell and end, as SIGTERM does; asks",
       "  discoveryctl drain-node --addr 10.0.0.1:7171 --yes\n"},
      [](CLI::App& verb, DrainOptions& o) { add_yes(verb, o.yes); }, run_drain);
  verbs.add<LevelOptions>(
      {"log-level", "What the first node of --addr logs from now on", "  discoveryctl log-level debug\n"},
      [](CLI::App& verb, LevelOptions& o) {
        verb.add_option("LEVEL", o.level, "debug, info, warn or error")
            ->type_name("")
            ->required()
            ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
        add_each(verb, o.each);
      },
      run_level);
  verbs.add<RemoveOptions>(
      {"remove-node", "Take a node that died out of the cluster: expiry waits for it no longer",
       "  discoveryctl remove-node 10.0.0.3:7171      refused while that node answers\n"},
      [](CLI::App& verb, RemoveOptions& o) {
        verb.add_option("NODE", o.node, "host:port of the node that died")->type_name("")->required();
        add_each(verb, o.each);
      },
      run_remove);
}

}  // namespace discovery::ctl
