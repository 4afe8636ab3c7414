// discovery_load: drives a registry over keep-alive HTTP/1.1 and prints what it saw as one JSON object.
//
//   discovery_load fill    --apps 100 --per 100
//   discovery_load run     --op renew --time-ms 5000 --pid PID
//   discovery_load park    --apps 1 --polls 5000 --pid PID
//   discovery_load pace    --apps 10000 --renewals 33333 --changes 10 --polls 15000 --pid PID
//   discovery_load rolling --apps 1 --per 5000 --watchers 1000 --pid PID
//   discovery_load stops   --time-ms 5000        how long this machine stops a program that does nothing but look
//
// Exit: 0; 1 when an answer was wrong or the experiment could not go on; 2 for a wrong command line.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "load/experiments.h"

namespace {

using namespace discovery::load;  // NOLINT(google-build-using-namespace): a main() of one namespace

/// As many connections as the system lets us have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

bool has_errors(const nlohmann::json& result) {
  return result.value("errors", 0) > 0 || result.value("never_told", 0) > 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Load for a service registry"};
  app.require_subcommand(1);
  app.fallthrough();
  std::string address = "127.0.0.1:7171";
  std::string source;
  bool plain_answers = false;
  pid_t pid = 0;
  int64_t time_ms = 5000;
  Setting setting;
  app.add_option("--server", address, "address and port");
  app.add_option("--source", source, "own IPv4 address");
  app.add_option("--pid", pid, "the server's process, for its CPU time and memory");
  app.add_option("--apps", setting.population.apps, "applications");
  app.add_option("--per", setting.population.per, "instances of each");
  app.add_option("--connections", setting.connections, "for registers, renewals and fetches");
  app.add_option("--time-ms", time_ms, "how long");
  app.add_flag("--gzip", setting.requests.gzip, "accept compressed answers");

  CLI::App* fill_command = app.add_subcommand("fill", "register the whole population once");
  CLI::App* run_command = app.add_subcommand("run", "one operation, as fast as it is answered");
  std::string operation = "renew";
  run_command->add_option("--op", operation, "renew, register, fetch, polls, mix, get or post");
  run_command->add_option("--path", setting.requests.path, "of get and post");
  run_command->add_flag("--static", plain_answers, "any answer of status 200 is right");
  CLI::App* park_command = app.add_subcommand("park", "long polls: what they cost, and how fast they are told");
  ParkSetting park;
  park_command->add_option("--polls", park.polls, "how many");
  CLI::App* pace_command = app.add_subcommand("pace", "renewals, changes and polls at given rates");
  PaceSetting pace;
  pace_command->add_option("--renewals", pace.renewals_per_second, "a second");
  pace_command->add_option("--changes", pace.changes_per_second, "a second");
  pace_command->add_option("--polls", pace.polls, "parked all the time");
  pace_command->add_flag("--yield", pace.yields, "sleep until the next thing is due");
  CLI::App* stops_command = app.add_subcommand("stops", "how long this machine stops a program by itself");
  CLI::App* rolling_command = app.add_subcommand("rolling", "a rolling restart of one application before watchers");
  RollingSetting rolling;
  rolling_command->add_option("--watchers", rolling.watchers, "how many");
  rolling_command->add_option("--restarted", rolling.restarted, "instances");
  rolling_command->add_option("--changes", rolling.changes_per_second, "a second");

  try {
    app.parse(argc, argv);
    setting.server = Endpoint::parse(address);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "discovery_load: %s\n", error.what());
    return 2;
  }
  try {
    raise_descriptor_limit();
    setting.server.discovery = !plain_answers;
    setting.server.source = source;
    setting.requests.host = address;
    setting.process = ServerProcess(pid);
    setting.time = std::chrono::milliseconds(time_ms);
    nlohmann::json result;
    if (fill_command->parsed()) result = fill(setting);
    if (run_command->parsed()) result = closed_loop(setting, operation);
    if (park_command->parsed()) result = park_and_wake(setting, park);
    if (pace_command->parsed()) result = paced(setting, pace);
    if (stops_command->parsed()) result = longest_stop(setting.time);
    if (rolling_command->parsed()) result = rolling_restart(setting, rolling);
    std::printf("%s\n", result.dump().c_str());
    return has_errors(result) ? 1 : 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "discovery_load: %s\n", error.what());
    return 1;
  }
}
