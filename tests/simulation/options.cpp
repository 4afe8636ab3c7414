#include "simulation/options.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace discovery::simulation {

namespace {
constexpr uint64_t kLongSeedEvery = 10;

Result<uint64_t> number(std::string_view name, std::string_view text, uint64_t least, uint64_t most) {
  uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || n < least || n > most) {
    return invalid(std::string(name) + " wants a number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return n;
}

Result<std::vector<uint32_t>> numbers(std::string_view text) {
  std::vector<uint32_t> all;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const auto n = number("--only-faults", text.substr(0, comma), 0, UINT32_MAX);
    if (!n) return n.error();
    all.push_back(static_cast<uint32_t>(*n));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return all;
}

/// Takes one option with a value; kNotFound when there is none of that name.
Result<void> take_value(Options& o, std::string_view name, std::string_view value) {
  const auto read = [&](auto& into, uint64_t least, uint64_t most) -> Result<void> {
    const auto n = number(name, value, least, most);
    if (!n) return n.error();
    into = static_cast<uint32_t>(*n);
    return {};
  };
  if (name == "--first-seed" || name == "--seeds") {
    const auto n = number(name, value, 1, UINT64_MAX / 2);
    if (!n) return n.error();
    (name == "--seeds" ? o.seeds : o.first_seed) = *n;
    return {};
  }
  if (name == "--nodes") return read(o.nodes, 1, kNodesMax);
  if (name == "--instances") return read(o.instances, 1, kInstancesMax);
  if (name == "--minutes") return read(o.minutes.emplace(), kLengthMin / kMinute, kMinutesMax);
  if (name == "--watch") {
    o.trace = true;
    return read(o.watch.emplace(), 0, kInstancesMax);
  }
  if (name == "--jobs") return read(o.jobs, 1, kJobsMax);
  if (name == "--rules") {
    if (value != "original" && value != "ours") return invalid("--rules wants original or ours");
    o.original = value == "original";
    return {};
  }
  if (name == "--faults") {
    const auto kinds = parse_kinds(value);
    if (!kinds) return kinds.error();
    o.allowed = *kinds;
    return {};
  }
  if (name == "--only-faults") {
    auto places = numbers(value);
    if (!places) return places.error();
    o.only_faults = std::move(*places);
    return {};
  }
  return not_found("no such option: " + std::string(name));
}

bool take_flag(Options& o, std::string_view name) {
  if (name == "--trace") {
    o.trace = true;
  } else if (name == "--no-shrink") {
    o.shrink = false;
  } else if (name == "--stop-at-first") {
    o.stop_at_first = true;
  } else if (name == "--all-faults") {
    o.all_kinds = true;
  } else if (name == "--help") {
    o.help = true;
  } else {
    return false;
  }
  return true;
}
}  // namespace

PlanSettings Options::plan_for(uint64_t seed) const {
  PlanSettings s;
  s.seed = seed;
  s.nodes = nodes;
  s.instances = instances;
  s.length = minutes.value_or(seed % kLongSeedEvery == 0 ? kMinutesMax : 30) * kMinute;
  s.allowed = allowed;
  s.all_kinds = all_kinds;
  s.rules_of_original = original;
  s.only_faults = only_faults;
  return s;
}

Result<Options> parse_options(const std::vector<std::string>& words) {
  Options o;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (take_flag(o, word)) continue;
    const size_t equals = word.find('=');
    std::string_view value;
    if (equals != std::string_view::npos) {
      value = word.substr(equals + 1);
    } else if (i + 1 < words.size()) {
      value = words[++i];
    } else {
      return invalid(std::string(word) + ": no such option, or it wants a value");
    }
    const auto taken = take_value(o, word.substr(0, equals), value);
    if (!taken) return taken.error();
  }
  return o;
}

std::string usage() {
  return "discovery_sim: clusters of the production code in one thread, with virtual time, from one seed\n"
         "  --first-seed N  --seeds K     which seeds (1, 200)\n"
         "  --nodes M  --instances I      of each cluster (5, 200)\n"
         "  --minutes L                   simulated, of each seed (30; every tenth seed 180)\n"
         "  --rules=original              nodes that follow the rules of the original\n"
         "  --faults LIST  --all-faults   which kinds may be switched on; all of these are\n"
         "  --only-faults LIST            places in the list of faults of the seed\n"
         "  --trace  --watch INSTANCE     prints what happens, and the records of one instance\n"
         "  --jobs J                      processes\n"
         "  --no-shrink  --stop-at-first\n"
         "Exit status: 0 without a violation, 1 with one, 2 for a wrong command line.\n";
}

std::string replay_line(const PlanSettings& s) {
  std::string line = "discovery_sim --first-seed " + std::to_string(s.seed) + " --seeds 1 --nodes " +
                     std::to_string(s.nodes) + " --instances " + std::to_string(s.instances) + " --minutes " +
                     std::to_string(s.length / kMinute);
  if (s.rules_of_original) line += " --rules=original";
  if (s.all_kinds) line += " --all-faults";
  if (s.allowed != (1U << kFaultKinds) - 1) {
    std::string kinds;
    for (unsigned k = 0; k < kFaultKinds; ++k) {
      if (!(s.allowed >> k & 1)) continue;
      kinds += (kinds.empty() ? "" : ",") + std::string(name_of(static_cast<FaultKind>(k)));
    }
    line += " --faults=" + kinds;
  }
  if (s.only_faults) {
    std::string places;
    for (const uint32_t p : *s.only_faults) places += (places.empty() ? "" : ",") + std::to_string(p);
    line += " --only-faults=" + places;
  }
  return line + " --no-shrink";
}

}  // namespace discovery::simulation
