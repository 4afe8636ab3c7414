// Everything the cluster keeps about one other node. Internal to src/cluster.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "cluster/cluster.h"
#include "cluster/original_link.h"
#include "cluster/peer_link.h"
#include "cluster/slot_table.h"

namespace discovery::cluster {

/// Which boot of another node speaks to us now. What an ended one sent may arrive late, after its successor's, and must
/// not be taken for the successor of that: only a boot welcomed here later takes over.
struct Life {
  uint64_t boot = 0;     ///< 0: nobody spoke yet
  uint64_t welcome = 0;  ///< the last of its numbers that came back
  TimePoint since{};

  /// Whether that message is of the boot that speaks now. `ours`: it is meant for this boot of ours, so its number is
  /// one that we gave.
  bool hears(const Header& header, bool ours, TimePoint now) {
    if (boot == header.boot) {
      if (ours) welcome = std::max(welcome, header.welcome);
      return true;
    }
    if (boot != 0 && (!ours || header.welcome <= welcome)) return false;
    *this = {header.boot, ours ? header.welcome : 0, now};
    return true;
  }
};

/// A push that is not answered for so long: the node is not waited for.
inline constexpr Duration kReachedWithin = std::chrono::seconds(1);
inline constexpr Duration kHeardWithin = std::chrono::seconds(10);  ///< else a node counts as silent

struct Cluster::Other {
  enum class State : uint8_t { kUnknown, kGreeting, kOurs, kOriginal, kDown };

  Other(Cluster& cluster, std::string the_address, std::string the_zone)
      : address(std::move(the_address)), zone(std::move(the_zone)), peer(cluster, *this), original(cluster, *this) {}

  const std::string address;
  std::string zone;
  bool seed = false;        ///< configured
  bool discovered = false;  ///< stands in infra.discovery
  State state = State::kUnknown;
  bool known_ours = false;          ///< it was, when it answered last
  bool known_original = false;      ///< the same
  bool covered_by_refusal = false;  ///< it refuses connections, and that is trusted
  bool ended = false;               ///< it said farewell, and has not been heard of since
  bool tried = false;               ///< it answered or failed at least once
  bool synced = false;              ///< all it had is here, since our start
  uint64_t boot = 0;                ///< that our connection leads to; 0: not known
  uint64_t welcome = 0;             ///< the last that it gave us
  Life life;                        ///< who calls us by its address
  uint32_t version = kProtocolMin;  ///< both speak it
  TimePoint next_hello{};
  TimePoint hello_sent{};
  Duration backoff{};
  std::optional<TimePoint> down_since;
  std::optional<TimePoint> heard;  ///< a push of it, or an original's post
  std::optional<Duration> clock_ahead;
  std::string_view trouble;  ///< why it is down, of static storage; "": it is not
  LinkCounters counters;
  SlotTable slots;
  PeerLink peer;
  OriginalLink original;
  /// How what is made here comes to it: told by us; told by us and passed on by it in its zone; from its zone's
  /// gateway.
  enum class Reach : uint8_t { kDirect, kGateway, kBehindGateway };
  Reach reach = Reach::kDirect;

  /// It is one of ours and can be the gateway of its zone.
  [[nodiscard]] bool passes_on() const { return state == State::kOurs && version >= kPassesOnSince; }
  [[nodiscard]] bool up() const { return state == State::kOurs || state == State::kOriginal; }
  /// It is, or may yet turn out to be, an original.
  [[nodiscard]] bool takes_posts() const { return known_original || (!known_ours && state != State::kOurs); }
};

}  // namespace discovery::cluster
