#include "node/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <utility>

#include "codec/text.h"
#include "node/config_reference.h"

namespace discovery::node {
namespace {

struct KeyFlag {
  std::string_view flag;
  std::string_view key;
  std::string_view value_name;
  std::string_view help;
};

// Those people need most; --set reaches the others.
constexpr std::array<KeyFlag, 9> kKeyFlags{{
    {"--listen", "httpServer.addr", "HOST:PORT", "Where to listen; may be repeated; IPv6 in brackets: [::1]:7171"},
    {"--advertise", "httpServer.advertise", "HOST:PORT",
     "The address by which clients and other nodes reach this node"},
    {"--region", "env.region", "NAME", "Region of this node"},
    {"--zone", "env.zone", "NAME", "Zone of this node"},
    {"--env", "env.DeployEnv", "NAME", "Environment in which this node lists itself, that of its clients"},
    {"--host", "env.host", "NAME", "Name of this node"},
    {"--log-level", "log.level", "LEVEL", "debug, info, warn or error"},
    {"--log-format", "log.format", "FORMAT", "text or json"},
    {"--threads", "httpServer.threads", "NUMBER", "Reactor threads; 0: one for each processor"},
}};
constexpr std::array<std::string_view, 8> kOtherFlags{"--conf",         "--set",        "--check",   "--check-sandbox",
                                                      "--print-config", "--print-keys", "--version", "--help"};

constexpr const char* kAbout =
    "discoveryd: a service registry. Services register and renew over HTTP, clients wait for changes by long polls;\n"
    "it speaks the protocol of bilibili Discovery. Without any flag it starts one node on 127.0.0.1:7171.";

constexpr const char* kExamples =
    "Examples:\n"
    "  discoveryd                                        one node on 127.0.0.1:7171, nothing else needed\n"
    "  discoveryd -conf /etc/discovery                   the folder with discovery.toml and scheduler files *.json\n"
    "  discoveryd --listen 0.0.0.0:7171 --advertise 10.0.0.1:7171 --zone sh001\n"
    "  discoveryd --set limits.body_bytes=1MiB --set polls.max_parked=50000\n"
    "  discoveryd -conf /etc/discovery --check           is the configuration valid? exit 0 or 2\n"
    "  discoveryd -conf /etc/discovery --check-sandbox   what is closed for that configuration, tried; exit 0 or 1\n"
    "  discoveryd --print-config                         every value in force and where it came from\n"
    "  discoveryd --print-keys                           every key: type, default, range, meaning\n"
    "\n"
    "Every key can also be set by the environment, such as DISCOVERYD_HTTPSERVER_ADDR=127.0.0.1:7171.\n"
    "Flag before environment before file before default. All keys: --print-keys, docs/configuration.md.\n"
    "\n"
    "Signals: TERM, INT drain and end (a second one ends at once); HUP reloads; USR1 logs a summary.\n"
    "Exit codes: 0 clean, 1 failure, 2 bad configuration, 3 address in use, 4 data directory locked.";

/// The original writes `-conf X`, and CLI11 would read that as `-c onf`. One dash is as good as two for all our words.
std::string with_two_dashes(const std::string& word) {
  if (word.size() < 3 || word[0] != '-' || word[1] == '-') return word;
  const std::string longer = "-" + word;
  const std::string_view name = std::string_view(longer).substr(0, longer.find('='));
  const bool ours =
      std::find(kOtherFlags.begin(), kOtherFlags.end(), name) != kOtherFlags.end() ||
      std::any_of(kKeyFlags.begin(), kKeyFlags.end(), [name](const KeyFlag& f) { return f.flag == name; });
  return ours ? longer : word;
}

/// "--set section.key=value"
Result<FlagSetting> read_set(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return invalid("--set " + codec::printable(text) + ": write --set section.key=value");
  }
  const std::string key = text.substr(0, equals);
  return FlagSetting{key, text.substr(equals + 1), "--set " + key};
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) (text += text.empty() ? "" : ",") += item;
  return text;
}

/// The options and what they were given.
struct Options {
  CLI::App app{kAbout, "discoveryd"};
  std::string conf;
  std::vector<std::string> sets;
  std::array<std::vector<std::string>, kKeyFlags.size()> values;
  std::array<CLI::Option*, kKeyFlags.size()> options{};
  bool check = false;
  bool check_sandbox = false;
  bool print = false;
  bool keys = false;
  bool version = false;
  bool help = false;

  Options() {
    app.set_help_flag();  // ours does not end by an exception
    app.footer(kExamples);
    app.add_option("--conf", conf,
                   "Folder that holds discovery.toml and scheduler files *.json, or the file; also -conf")
        ->type_name("PATH");
    for (size_t i = 0; i < kKeyFlags.size(); ++i) {
      const KeyFlag& flag = kKeyFlags[i];
      options[i] = app.add_option(std::string(flag.flag), values[i], std::string(flag.help));
      options[i]->type_name(std::string(flag.value_name))->expected(1)->allow_extra_args(false);
      options[i]->multi_option_policy(flag.flag == "--listen" ? CLI::MultiOptionPolicy::TakeAll
                                                              : CLI::MultiOptionPolicy::Throw);
    }
    app.add_option("--set", sets, "Any key of the configuration; may be repeated")
        ->type_name("SECTION.KEY=VALUE")
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_flag("--check", check, "Read the configuration, say what is wrong with it, and end with 0 or 2");
    app.add_flag("--check-sandbox", check_sandbox,
                 "Close the sandbox in child processes, try what it must refuse, and end with 0 when all of it holds");
    app.add_flag("--print-config", print, "Print every value in force and where it came from, and end");
    app.add_flag("--print-keys", keys, "Print every key with its type, default, range and meaning (Markdown), and end");
    app.add_flag("--version", version, "Print the version and end");
    app.add_flag("-h,--help", help, "Print this and end");
  }
};

Result<CommandLine> interpret(const Options& options, std::string_view version) {
  CommandLine line;
  if (options.help || options.version || options.keys) {
    line.action = CommandLine::Action::kShowText;
    line.text = options.help      ? options.app.help()
                : options.version ? "discoveryd " + std::string(version) + "\n"
                                  : config_reference();
    return line;
  }
  if (options.check + options.check_sandbox + options.print > 1) {
    return invalid("--check, --check-sandbox and --print-config: choose one");
  }
  if (options.check) line.action = CommandLine::Action::kCheck;
  if (options.check_sandbox) line.action = CommandLine::Action::kCheckSandbox;
  if (options.print) line.action = CommandLine::Action::kPrintConfig;
  line.conf_path = options.conf;
  for (size_t i = 0; i < kKeyFlags.size(); ++i) {
    if (options.options[i]->count() == 0) continue;
    line.flags.push_back({std::string(kKeyFlags[i].key), joined(options.values[i]), std::string(kKeyFlags[i].flag)});
  }
  for (const std::string& text : options.sets) {
    Result<FlagSetting> setting = read_set(text);
    if (!setting) return setting.error();
    line.flags.push_back(std::move(*setting));
  }
  return line;
}

}  // namespace

Result<CommandLine> parse_command_line(std::span<const std::string> words, std::string_view version) {
  Options options;
  // CLI11 takes them from the back.
  std::vector<std::string> reversed;
  for (auto word = words.rbegin(); word != words.rend(); ++word) reversed.push_back(with_two_dashes(*word));
  try {
    options.app.parse(reversed);
  } catch (const CLI::Error& problem) {
    return invalid(codec::printable(problem.what(), 1024) + "; discoveryd --help shows what there is");
  }
  return interpret(options, version);
}

}  // namespace discovery::node
