// Why an instance is, or is not, in the list that a client gets from this node (spec: operations.md 6).
//
// The answer is an ordered list of verdicts, each of which lets the instance pass or not; the first that does not is
// the cause. It agrees with what fetch answers at the same moment, which a test holds it to in every state that random
// writes and the simulator reach.
//
// Thread: any; it reads the registry like a reader, one lock of one shard. Cost: that of finding one record, and of
// looking through the history for it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "history/history.h"
#include "registry/registry.h"
#include "registry/sweep.h"

namespace discovery::explain {

/// "Is this instance visible to a client in zone `client_zone` that asks for `status_mask`?"
struct Question {
  registry::AppKeyView app;
  std::string_view hostname;
  std::string_view zone{};         ///< of the instance; "" for whichever zone it is in
  std::string_view client_zone{};  ///< the zone parameter of the client's fetch or poll; "" for all zones
  uint32_t status_mask = 1;        ///< its status parameter; bits 0 and 1 count

  /// The list that the client asks for.
  [[nodiscard]] registry::ViewForm form() const { return {status_mask, client_zone}; }
};

/// What only the node knows.
struct NodeFacts {
  std::string address;
  std::string refuses_reads;  ///< why the node answers no list now; "" when it does
  bool protecting = false;    ///< self-protection is on
  int64_t renewals_last_minute = 0;
  int64_t renewals_needed = 0;
  TimePoint covered_until = TimePoint::max();  ///< RegistrySettings: LeaseStatus::covered_until
  Duration expire_after{};
  std::vector<registry::BrakedApplication> braked;  ///< Sweep::braked()
  std::vector<std::string> silent_peers;            ///< whose renewals are not known to be all here
  std::map<uint16_t, std::string> nodes;            ///< addresses, by the number that a version bears
};

/// The first verdict that keeps the instance out of the list; kVisible when none does.
enum class Cause : uint8_t {
  kVisible,
  kNodeNotReady,        ///< the node answers no list at all
  kUnknownApplication,  ///< nothing of that name and environment is or was here, as far as is known
  kUnknownInstance,     ///< the application is here, that host is not
  kForgotten,           ///< it was here; its history tells how it ended
  kCancelled,
  kExpired,      ///< hidden: its lease ran out
  kOtherZone,    ///< the client asks for another zone
  kOtherStatus,  ///< the client's mask leaves its status out
};
inline constexpr size_t kCauses = 9;
[[nodiscard]] std::string_view cause_name(Cause cause);

struct Verdict {
  std::string_view about;  ///< "node", "known", "origin", "state", "lease", "protection", "zone", "status"
  bool passes = true;
  std::string detail;
};

/// Of an instance that was registered by a key of etcd.
struct Origin {
  std::string layout;
  std::string key;  ///< any bytes
  uint64_t lease_id = 0;
  Duration lease{};  ///< zero: it has none
};

struct Answer {
  bool visible = false;
  Cause cause = Cause::kVisible;
  std::string summary;           ///< one sentence
  std::string zone;              ///< of the instance; "" where none is known
  std::optional<Origin> origin;  ///< none: the Discovery API, or it is not known any more
  std::vector<Verdict> verdicts;
};

[[nodiscard]] Answer explain(const registry::Registry& registry, const history::History& history,
                             const NodeFacts& facts, const Question& question, TimePoint now);

}  // namespace discovery::explain
