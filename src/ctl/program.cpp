#include "ctl/program.h"

#include <CLI/CLI.hpp>
#include <fstream>

#include "codec/quantities.h"
#include "ctl/verbs.h"
#include "ctl/wording.h"

namespace discovery::ctl {

namespace {

constexpr Duration kTimeoutMax = std::chrono::hours(1);
constexpr Duration kWatchLeast = std::chrono::milliseconds(100);
constexpr Duration kWatchMost = std::chrono::hours(24);
constexpr Duration kConnectTimeout = std::chrono::seconds(1);

constexpr const char* kAbout =
    "discoveryctl asks and tells the nodes of a discoveryd service registry. It speaks with one node at a time, the "
    "first\n"
    "of --addr that answers; reload, upgrade, drain-node, log-level, remove-node, health and protect release go to the "
    "first\n"
    "and no other.";

constexpr const char* kFooter =
    "Examples:\n"
    "  discoveryctl members                         how the nodes are\n"
    "  discoveryctl services cart                   what is registered\n"
    "  discoveryctl explain shop.cart cart-0        why a client sees it, or not\n"
    "  discoveryctl VERB --help                     options and examples of a verb\n"
    "\n"
    "Exit codes: 0 done; 1 a node refused, nothing was found, nodes differ; 2 wrong words; 3 no node answered.\n"
    "All verbs with their output: docs/discoveryctl.md.";

/// What is typed for all verbs, as it is typed.
struct Typed {
  std::string addresses;
  std::string output = "table";
  std::string token_file;
  std::string timeout = "5s";
  std::string watch;
  bool version = false;
};

void describe(CLI::App& app, Typed& typed) {
  app.footer(kFooter);
  app.set_help_flag("-h,--help", "Print this and end");
  app.fallthrough();  // so that these may stand behind the verb; verbs take it over
  app.require_subcommand(0, 1);
  app.add_option("--addr", typed.addresses, "Nodes, asked in this order; else DISCOVERY_ADDR, else 127.0.0.1:7171")
      ->type_name("HOST:PORT[,HOST:PORT]");
  app.add_option("-o,--output", typed.output, "table, for people, or json, for programs")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"table", "json"}));
  app.add_option("--token-file", typed.token_file, "File that holds the token of the nodes (admin.token_file)")
      ->type_name("FILE");
  app.add_option("--timeout", typed.timeout, "How long a node may take to answer; 5s if it is not given")
      ->type_name("DURATION");
  app.add_option("--watch", typed.watch, "Run it again every so many seconds; 2 if no number follows")
      ->type_name("SECONDS");
  app.add_flag("--version", typed.version, "Print the version and end");
}

void add_all(Verbs& verbs) {
  for (const auto add : {add_members, add_services, add_instances, add_watch, add_register, add_cancel, add_drain,
                         add_explain, add_history, add_diff, add_clients, add_protect, add_top, add_health,
                         add_snapshot, add_admin, add_upgrade, add_validate, add_completion}) {
    add(verbs);
  }
}

bool is_duration(const std::string& word) {
  return codec::parse_number(word).has_value() || codec::parse_fraction(word).has_value() ||
         codec::parse_duration(word).has_value();
}

/// "5" and "0.5" are seconds.
Outcome<Duration> read_duration(const std::string& option, const std::string& text, Duration least, Duration most) {
  auto duration = codec::parse_duration(text);
  if (!duration) duration = codec::parse_duration(text + "s");
  if (duration && *duration >= least && *duration <= most) return *duration;
  return misused(option + " " + shown(text) + ": write a duration from " + codec::format_duration(least) + " to " +
                 codec::format_duration(most) + ", such as 2s");
}

Outcome<std::string> read_token(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::string text(kTokenBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || !file.is_open()) return misused("--token-file " + shown(path) + ": it cannot be read");
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kTokenBytesMax) return misused("--token-file " + shown(path) + ": it is too long for a token");
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  if (text.empty()) return misused("--token-file " + shown(path) + ": it is empty");
  return text;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    parts.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

Outcome<Settings> read_settings(const Typed& typed, const std::string& from_environment) {
  using std::chrono::milliseconds;
  const auto timeout = read_duration("--timeout", typed.timeout, std::chrono::milliseconds(1), kTimeoutMax);
  if (!timeout) return timeout.error();
  auto token = read_token(typed.token_file);
  if (!token) return token.error();
  Settings settings;
  settings.json = typed.output == "json";
  client::CallOptions& call = settings.call;
  const bool typed_any = !typed.addresses.empty();
  const bool set_any = !from_environment.empty();
  call.nodes = split(typed_any ? typed.addresses : set_any ? from_environment : std::string(kDefaultAddress));
  call.token = std::move(*token);
  call.node_timeout = std::chrono::ceil<milliseconds>(*timeout);
  call.connect_timeout = std::chrono::ceil<milliseconds>(std::min(*timeout, kConnectTimeout));
  call.timeout = call.node_timeout * static_cast<int64_t>(call.nodes.size());
  if (const client::Error error = check(call)) {
    return misused((typed_any || !set_any ? "--addr: " : "DISCOVERY_ADDR: ") + shown(error.message));
  }
  return settings;
}

/// A verb, once. What it throws is a failure of this machine: no thread, no memory.
Exit run_once(const Action& action, Context& context) {
  try {
    const auto done = action(context);
    if (done) return *done;
    context.note(done.error().message);
    return done.error().exit;
  } catch (const std::exception& e) {
    context.note(shown(e.what()));
    return Exit::kRefused;
  }
}

Exit run_verb(const Verbs& verbs, const Typed& typed, const Surroundings& s) {
  const auto complain = [&](const Failure& failure) {
    s.screen->err("discoveryctl: " + failure.message + "\n");
    return failure.exit;
  };
  const auto settings = read_settings(typed, s.addresses);
  if (!settings) return complain(settings.error());
  Duration every{};
  if (!typed.watch.empty()) {
    const auto read = read_duration("--watch", typed.watch, kWatchLeast, kWatchMost);
    if (!read) return complain(read.error());
    if (!verbs.repeats()) return complain(misused("--watch: this verb is not for repeating"));
    every = *read;
  }
  const std::unique_ptr<Asker> asker = s.make_asker(settings->call);
  Context context(*asker, *s.screen, *settings, s.now);
  while (true) {
    if (every > Duration() && s.screen->width() && !settings->json) s.screen->out("\x1b[H\x1b[2J");
    const Exit exit = run_once(verbs.chosen(), context);
    if (!s.screen->flush()) return complain(refused("standard output cannot be written"));
    if (every == Duration() || !s.pause(every)) return exit;
  }
}

}  // namespace

std::vector<std::string> with_watch_joined(std::span<const std::string> words) {
  std::vector<std::string> joined;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--") {
      joined.insert(joined.end(), words.begin() + static_cast<std::ptrdiff_t>(i), words.end());
      break;
    }
    if (words[i] != "--watch") {
      joined.push_back(words[i]);
    } else if (i + 1 < words.size() && is_duration(words[i + 1])) {
      joined.push_back("--watch=" + words[++i]);
    } else {
      joined.push_back("--watch=" + codec::format_duration(kWatchEvery));
    }
  }
  return joined;
}

Exit run(std::span<const std::string> words, const Surroundings& surroundings) {
  Typed typed;
  CLI::App app{kAbout, "discoveryctl"};
  describe(app, typed);
  Verbs verbs(app);
  add_all(verbs);
  std::vector<std::string> reversed = with_watch_joined(words);
  std::reverse(reversed.begin(), reversed.end());  // CLI11 takes them from the back
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    surroundings.screen->out(app.help());
    return Exit::kDone;
  } catch (const CLI::Error& problem) {
    surroundings.screen->err("discoveryctl: " + codec::shown(problem.what()) +
                             "; discoveryctl --help shows what there is\n");
    return Exit::kUsage;
  }
  if (typed.version) {
    surroundings.screen->out("discoveryctl " + surroundings.version + "\n");
    return Exit::kDone;
  }
  if (!verbs.chosen()) {
    surroundings.screen->err("discoveryctl: which verb? discoveryctl --help shows them\n");
    return Exit::kUsage;
  }
  return run_verb(verbs, typed, surroundings);
}

}  // namespace discovery::ctl
