#include "simulation/fault_plan.h"

#include <algorithm>
#include <array>

#include "simulation/chance.h"

namespace discovery::simulation {

namespace {

constexpr std::array<std::string_view, kFaultKinds> kNames = {
    "partition", "crash",   "freeze", "leave", "rolling", "storm",  "clients-cut", "clock-step", "episode",
    "absence",   "network", "skew",   "disk",  "queues",  "legacy", "zones",       "keys"};
constexpr std::array<std::string_view, kEpisodes> kEpisodeNames = {
    "late-register", "late-cancel", "late-set", "set-beyond-cancel", "last-write", "sync-from-behind"};
constexpr std::array<std::string_view, 4> kShapeNames = {"uniform", "isolate", "halves", "ring"};

/// How often a kind strikes on the average, and for how long.
struct Habit {
  FaultKind kind;
  Ns every;
  Ns shortest;
  Ns longest;
};
constexpr Habit kHabits[] = {
    {FaultKind::kPartition, 150 * kSecond, 5 * kSecond, 300 * kSecond},
    {FaultKind::kCrash, 180 * kSecond, kSecond, 120 * kSecond},
    {FaultKind::kFreeze, 240 * kSecond, kSecond, 40 * kSecond},
    {FaultKind::kLeave, 400 * kSecond, 2 * kSecond, 60 * kSecond},
    {FaultKind::kRolling, 900 * kSecond, 2 * kSecond, 10 * kSecond},
    {FaultKind::kStorm, 900 * kSecond, 20 * kSecond, 60 * kSecond},
    {FaultKind::kClientsCut, 200 * kSecond, 5 * kSecond, 200 * kSecond},
    {FaultKind::kClockStep, 300 * kSecond, 0, 0},
    {FaultKind::kEpisode, 120 * kSecond, 20 * kSecond, 20 * kSecond},
};

constexpr Ns kFirstFault = 20 * kSecond;

uint32_t bit(FaultKind kind) { return 1U << static_cast<unsigned>(kind); }

uint32_t choose_kinds(Random& random, const PlanSettings& s) {
  uint32_t kinds = 0;
  for (unsigned k = 0; k < kFaultKinds; ++k) {
    if (static_cast<FaultKind>(k) >= FaultKind::kZones) continue;
    // A cluster with nodes of the original is judged by fewer rules, so most seeds are without.
    const uint32_t ppm = static_cast<FaultKind>(k) == FaultKind::kLegacy ? 100'000 : 600'000;
    if (happens(random, ppm) || s.all_kinds) kinds |= 1U << k;
  }
  SeededRandom own = stream(s.seed, 11);  // so that what is drawn besides stays as it was before there were zones
  if (happens(own, 500'000) || s.all_kinds) kinds |= bit(FaultKind::kZones);
  if (happens(own, 400'000) || s.all_kinds) kinds |= bit(FaultKind::kKeys);
  kinds &= s.allowed;
  if (s.rules_of_original) kinds &= ~bit(FaultKind::kKeys);
  return kinds & bit(FaultKind::kLegacy) ? kinds & ~(bit(FaultKind::kZones) | bit(FaultKind::kKeys)) : kinds;
}

Ns wall_step(Random& random) {
  switch (random.below(4)) {
    case 0:
      return between(random, -3600 * kSecond, 3600 * kSecond);
    default:
      return between(random, -10 * kSecond, 10 * kSecond);
  }
}

void add_faults(Random& random, const Habit& habit, Ns until, std::vector<Fault>& faults) {
  for (Ns at = kFirstFault + exponential(random, habit.every); at < until; at += exponential(random, habit.every)) {
    Fault f;
    f.kind = habit.kind;
    f.at = at;
    f.lasting = between(random, habit.shortest, habit.longest);
    f.pick = random.next();
    f.shape = static_cast<CutShape>(random.below(4));
    f.one_way = random.below(4) == 0;
    f.episode = static_cast<Episode>(random.below(kEpisodes));
    f.step = wall_step(random);
    faults.push_back(f);
  }
}

}  // namespace

std::string_view name_of(FaultKind kind) { return kNames[static_cast<size_t>(kind)]; }

Plan make_plan(const PlanSettings& settings) {
  Plan plan;
  plan.settings = settings;
  plan.heal_at = settings.length - kLiveness;
  SeededRandom random = stream(settings.seed, 1);
  plan.kinds = choose_kinds(random, settings);

  std::vector<Fault> all;
  // Every kind is drawn, on or off, for as long as the longest run: the same fault stands in the same place of the list
  // whatever the length and the kinds allowed.
  constexpr Ns kLongest = 180 * kMinute;
  for (const Habit& habit : kHabits) {
    SeededRandom own = stream(settings.seed, 2, static_cast<uint64_t>(habit.kind));
    add_faults(own, habit, kLongest, all);
  }
  Fault away;
  away.kind = FaultKind::kLongAbsence;
  away.at = between(random, 5 * kMinute, 20 * kMinute);
  away.lasting = between(random, 3700 * kSecond, 5200 * kSecond);
  away.pick = random.next();
  all.push_back(away);

  for (uint32_t place = 0; place < all.size(); ++place) {
    const Fault& f = all[place];
    if (!plan.on(f.kind) || f.at >= plan.heal_at) continue;
    if (f.kind == FaultKind::kLongAbsence && f.at + f.lasting >= plan.heal_at) continue;
    if (settings.only_faults && !std::ranges::count(*settings.only_faults, place)) continue;
    plan.faults.push_back(f);
    plan.faults.back().lasting = std::min(f.lasting, plan.heal_at - f.at);
    plan.places.push_back(place);
  }
  return plan;
}

Result<uint32_t> parse_kinds(std::string_view list) {
  uint32_t kinds = 0;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    const std::string_view word = list.substr(0, comma);
    const auto* const found = std::ranges::find(kNames, word);
    if (found == kNames.end()) return invalid("no such kind of fault: " + std::string(word));
    kinds |= bit(static_cast<FaultKind>(found - kNames.begin()));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return kinds;
}

std::string describe(const Fault& f) {
  std::string text(name_of(f.kind));
  if (f.kind == FaultKind::kPartition) {
    text += " " + std::string(kShapeNames[static_cast<size_t>(f.shape)]) + (f.one_way ? " one-way" : "");
  }
  if (f.kind == FaultKind::kEpisode) text += " " + std::string(kEpisodeNames[static_cast<size_t>(f.episode)]);
  if (f.kind == FaultKind::kClockStep) text += " by " + std::to_string(f.step / kMillisecond) + " ms";
  return text + " for " + std::to_string(f.lasting / kMillisecond) + " ms";
}

}  // namespace discovery::simulation
