// What goes wrong in a simulation: a list of faults, made from the seed before anything runs, so that a failing run can
// be repeated with some of them left out.
//
// Each seed switches every kind on or off ("swarm"). A fault names nodes by a number that is taken modulo the number of
// nodes when it begins, so the same list serves a smaller cluster. Pure functions of the seed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "simulation/sim_time.h"

namespace discovery::simulation {

enum class FaultKind : uint8_t {
  kPartition,    ///< links between nodes are cut: each with some probability, one node, halves, all but a ring
  kCrash,        ///< a node dies and comes back
  kFreeze,       ///< a node stands still for a while
  kLeave,        ///< a node leaves in order and comes back
  kRolling,      ///< all nodes one after the other leave and come back
  kStorm,        ///< a node crashes again and again
  kClientsCut,   ///< clients do not reach a node
  kClockStep,    ///< the wall clock of a node steps; seen at its next start
  kEpisode,      ///< a directed course of events
  kLongAbsence,  ///< a node is away, or cut off, for more than the ceiling (long seeds only)
  // From here on not events but properties of the whole run:
  kNetwork,      ///< messages are lost, repeated, delayed by seconds
  kSkew,         ///< clocks are wrong from the beginning, and drift
  kDisk,         ///< nodes have disks: what they wrote survives a crash
  kSmallQueues,  ///< queues of a few keys, so that they overflow
  kLegacy,       ///< some nodes are of the original
  kZones,        ///< the nodes stand in two zones (not beside originals)
  kKeys,         ///< nodes have key spaces, with clients and watchers of their own (not beside originals)
};
inline constexpr size_t kFaultKinds = 17;
[[nodiscard]] std::string_view name_of(FaultKind kind);

enum class CutShape : uint8_t { kUniform, kIsolate, kHalves, kRing };

enum class Episode : uint8_t {
  kLateRegister,     ///< an old register arrives at B after a cancel at A
  kLateCancel,       ///< a cancel arrives at B after the next register
  kLateSet,          ///< a set on an old incarnation, made beyond a cut, meets the next incarnation
  kSetBeyondCancel,  ///< and one that meets a cancel
  kLastWrite,        ///< a node whose clock is behind, just started, takes the last write
  kSyncFromBehind,   ///< a node starts and learns from one that lacks what is new
};
inline constexpr size_t kEpisodes = 6;

struct Fault {
  FaultKind kind = FaultKind::kPartition;
  Ns at = 0;
  Ns lasting = 0;
  uint64_t pick = 0;  ///< randomness of its own: which node, which links
  CutShape shape = CutShape::kUniform;
  bool one_way = false;
  Episode episode = Episode::kLateRegister;
  Ns step = 0;  ///< of kClockStep
};

struct PlanSettings {
  uint64_t seed = 1;
  uint32_t nodes = 5;
  uint32_t instances = 200;
  Ns length = 30 * kMinute;
  uint32_t allowed = (1U << kFaultKinds) - 1;  ///< kinds that may be switched on, by bit
  bool all_kinds = false;                      ///< whatever is allowed is on
  bool rules_of_original = false;
  std::optional<std::vector<uint32_t>> only_faults;  ///< these places in the list; none: all
};

struct Plan {
  PlanSettings settings;
  uint32_t kinds = 0;  ///< switched on, by bit
  Ns heal_at = 0;      ///< from here on nothing goes wrong any more
  std::vector<Fault> faults;
  std::vector<uint32_t> places;  ///< of each fault in the whole list, for --only-faults

  [[nodiscard]] bool on(FaultKind kind) const { return kinds >> static_cast<unsigned>(kind) & 1; }
};

/// From the heal to the last verdict: a restart at the heal, a lease, the hiding of it, and some sweeps.
inline constexpr Ns kLiveness = 420 * kSecond;
inline constexpr Ns kLengthMin = kLiveness + kMinute;

[[nodiscard]] Plan make_plan(const PlanSettings& settings);
/// "crash,partition" as bits; kInvalidArgument for a kind that is none.
[[nodiscard]] Result<uint32_t> parse_kinds(std::string_view list);
[[nodiscard]] std::string describe(const Fault& fault);

}  // namespace discovery::simulation
