#include "ctl/verbs.h"

namespace discovery::ctl {

CLI::App& Verbs::add_app(const VerbText& text) {
  CLI::App* verb = root_.add_subcommand(text.name, text.summary);
  std::string footer = text.example.empty() ? "" : "Examples:\n" + text.example + "\n";
  if (text.repeats) footer += "It can be repeated by --watch.\n";
  verb->footer(footer + "Options of all verbs (--addr, --output, ...): discoveryctl --help");
  return *verb;
}

CLI::Option* add_env(CLI::App& verb, std::string& env) {
  env = "dev";
  return verb.add_option("--env", env, "Environment of the application; dev if it is not given")->type_name("NAME");
}

CLI::Option* add_app_name(CLI::App& verb, std::string& appid) {
  return verb.add_option("APP", appid, "Application")->type_name("")->required();
}

CLI::Option* add_zone(CLI::App& verb, std::string& zone) {
  return verb.add_option("--zone", zone, "Zone of the instance; needed only if several zones have that host")
      ->type_name("NAME");
}

CLI::Option* add_host(CLI::App& verb, std::string& hostname) {
  return verb.add_option("HOST", hostname, "Host name of the instance")->type_name("")->required();
}

CLI::Option* add_yes(CLI::App& verb, bool& yes) {
  return verb.add_flag("-y,--yes", yes, "Do not ask; without a terminal nothing is done unless this is given");
}

}  // namespace discovery::ctl
