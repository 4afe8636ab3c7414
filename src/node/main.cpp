// discoveryd: reads the command line and the configuration, starts the log and the node, and ends with its exit code.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "net/steady_clock.h"
#include "node/command_line.h"
#include "node/config.h"
#include "node/config_host.h"
#include "node/config_load.h"
#include "node/node.h"
#include "node/open_logger.h"
#include "node/sandbox_plan.h"
#include "node/secrets.h"
#include "node/version.h"
#include "sandbox/check.h"
#include "sandbox/sandbox.h"

namespace discovery::node {
namespace {

int exit_with(ExitCode code, std::string_view message) {
  fmt::print(stderr, "discoveryd: {}\n", message);
  return static_cast<int>(code);
}

/// The configuration from where `line` says, its file, and the folder of its scheduler files.
struct Loaded {
  Config config;
  std::string file;
  std::string folder;
};

Result<Loaded> load(const CommandLine& line) {
  ConfigPlace place;
  if (!line.conf_path.empty()) {
    auto found = load_config_file(line.conf_path);
    if (!found) return found.error();
    place = std::move(*found);
  }
  const ConfigInput input{place.file, place.text, read_environment(environ), line.flags, read_host_facts()};
  auto config = read_config(input);
  if (!config) return config.error();
  return Loaded{std::move(*config), place.file, place.folder};
}

int serve(const CommandLine& line, Loaded loaded, Program program, std::unique_ptr<TakeOver> heir) {
  Node::block_signals();
  const Environment environment = read_environment(environ);
  const bool required = loaded.config.sandbox.require;
  if (loaded.config.sandbox.enabled) make_folders(loaded.config);
  const sandbox::Plan plan = sandbox_plan(loaded.config, loaded.file, loaded.folder, environment);
  sandbox::State closed = sandbox::confine_early(plan);

  const net::SteadyClock clock(heir ? heir->clock() : net::SteadyClock().anchor());
  auto logger = open_logger(loaded.config, {.level = loaded.config.log.level, .path = loaded.config.log.file}, clock);
  if (!logger) return exit_with(ExitCode::kBadConfiguration, logger.error().message);
  const auto reread = [&line]() -> Result<Config> {
    auto again = load(line);
    if (!again) return again.error();
    return std::move(again->config);
  };
  auto notifier = ServiceNotifier::open(environment, getpid());
  if (!notifier) return exit_with(ExitCode::kBadConfiguration, notifier.error().message);
  NodeInput input{std::move(loaded.config), reread,         loaded.folder,  std::move(*notifier),
                  std::move(program),       clock.anchor(), std::move(heir)};
  ExitCode code = ExitCode::kFailure;
  auto node = Node::open(std::move(input), **logger, clock, code);
  if (!node) return exit_with(code, node.error().message);
  sandbox::confine_late(plan, closed);
  if (const auto whole = closed.require(); required && !whole) {
    return exit_with(ExitCode::kFailure, whole.error().message);
  }
  (*node)->set_sandbox(plan, std::move(closed));
  fmt::print("discoveryd {} ({})\n{}", kVersion, kCommit, (*node)->start_table());
  std::fflush(stdout);
  return (*node)->run();
}

int check_sandbox(const Loaded& loaded) {
  const sandbox::Plan plan = sandbox_plan(loaded.config, loaded.file, loaded.folder, read_environment(environ));
  bool all = true;
  for (const sandbox::CheckLine& line : sandbox::check_sandbox(plan)) {
    fmt::print("  {:<5} {}: {}\n", line.holds ? "ok" : "FAIL", line.what, line.detail);
    all = all && line.holds;
  }
  return static_cast<int>(all ? ExitCode::kClean : ExitCode::kFailure);
}

int start(std::span<const std::string> words, Program program) {
  const auto line = parse_command_line(words, fmt::format("{} ({})", kVersion, kCommit));
  if (!line) return exit_with(ExitCode::kBadConfiguration, line.error().message);
  if (line->action == CommandLine::Action::kShowText) {
    fmt::print("{}", line->text);
    return static_cast<int>(ExitCode::kClean);
  }
  auto loaded = load(*line);
  if (!loaded) return exit_with(ExitCode::kBadConfiguration, loaded.error().message);
  switch (line->action) {
    case CommandLine::Action::kPrintConfig:
      fmt::print("{}", print_config(loaded->config));
      break;
    case CommandLine::Action::kCheck:
      for (const std::string& warning : loaded->config.warnings) fmt::print(stderr, "warning: {}\n", warning);
      if (const auto secrets = load_secrets(loaded->config); !secrets) {
        return exit_with(ExitCode::kBadConfiguration, secrets.error().message);
      }
      fmt::print("the configuration is good\n");
      break;
    case CommandLine::Action::kCheckSandbox:
      return check_sandbox(*loaded);
    default: {
      auto heir = TakeOver::open(read_environment(environ));
      if (!heir) return exit_with(ExitCode::kFailure, heir.error().message);
      return serve(*line, std::move(*loaded), std::move(program), std::move(*heir));
    }
  }
  return static_cast<int>(ExitCode::kClean);
}

}  // namespace
}  // namespace discovery::node

int main(int argc, char** argv) {
  using discovery::node::ExitCode;
  try {  // reading the configuration and wiring may throw; nothing after that does
    const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    return discovery::node::start(words, discovery::node::program_of(argc > 0 ? argv[0] : nullptr, words));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "discoveryd: %s\n", e.what());
    return static_cast<int>(ExitCode::kFailure);
  }
}
