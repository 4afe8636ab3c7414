// The judge: keeps the history of what clients did and what nodes showed, and says what is wrong (replication.md 2.1).
//
// It knows the truth of each instance: the last write that was answered, in the order of versions; and when a node that
// alone had it loses its memory, that the truth is not certain any more ("What the rule cannot give", 2.3). It keeps
// when renewals were accepted, by whomever. What nodes show it sees by look()ing at all of them every few seconds;
// whoever needs a finer view calls look_at(). A verdict uses only what was recorded here, never what a node says of
// itself, but for versions and lease times.
//
// Nodes of the original are judged by what clients see: their own versions mean nothing. In a cluster of both kinds
// fewer rules hold, see `mixed`. Thread: one. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "simulation/network.h"
#include "simulation/node.h"
#include "simulation/trace.h"
#include "simulation/violation.h"

namespace discovery::simulation {

class JudgedNodes {
 public:
  [[nodiscard]] virtual uint32_t count() const = 0;
  [[nodiscard]] virtual bool up(uint32_t node) const = 0;
  [[nodiscard]] virtual const Node& at(uint32_t node) const = 0;

 protected:
  ~JudgedNodes() = default;
};

class Judge {
 public:
  static constexpr Ns kAliveWithin = 61 * kSecond;  ///< I2: renewals at least once per 60 s
  static constexpr Ns kUnderWay = 10 * kSecond;     ///< I1: so long a write may need to be everywhere
  static constexpr Ns kDeadAfter = 85 * kSecond;    ///< a silence that may be taken for death; 90 s less clock errors
  static constexpr uint64_t kExplainEvery = 7;      ///< looks at a node, after which it has to explain one instance
  static constexpr Ns kCeiling = 3600 * kSecond;
  static constexpr Ns kCeilingGrace = 400 * kSecond;  ///< sweeps that wait for the share
  static constexpr Ns kForgottenAfter =
      3500 * kSecond;  ///< the dead and the cancelled, at the earliest; 4,000 s less restarts
  static constexpr Ns kSyncedAfter = 250 * kMillisecond;

  Judge(const JudgedNodes& nodes, const Network& network, Trace& trace, const Names& names, bool mixed,
        bool originals_only);

  // -- what clients did
  void accepted(uint32_t instance, Ns now);
  void registered(uint32_t instance, uint32_t node, const Written& written, Ns now);
  void set(uint32_t instance, uint32_t node, const Written& written, Ns now);
  /// `answered`: with code 0; else the node may remember it all the same.
  void cancelled(uint32_t instance, uint32_t node, const Written& written, bool answered, Ns now);

  // -- what nodes did
  void booted(uint32_t node, Ns now);
  /// Before its process ends. `disk`: what it wrote longer ago than kSyncedAfter comes back.
  void stops(uint32_t node, bool disk, Ns now);
  void hidden(uint32_t node, const Held& record, bool past_ceiling, Ns now);
  void applied_cancel(uint32_t node, uint32_t instance, uint32_t generation);
  void wall_stepped(uint32_t node) { nodes_seen_[node].stepped = true; }

  void look(Ns now);
  void look_at(uint32_t node, Ns now);

  // -- verdicts, after the heal
  /// I1 for all but the silently dead.
  void judge_records(Ns now);
  /// And for these, when everything that may hold them for a while is over.
  void judge_dead(Ns now);

  void wrong(Wrong wrong, Ns now, std::string story);
  [[nodiscard]] const Violations& violations() const { return violations_; }
  /// Writes that lost against one their node could not know of.
  [[nodiscard]] uint64_t inversions() const { return inversions_; }

 private:
  struct Truth {
    bool any = false;
    bool cancelled = false;
    bool uncertain = false;
    bool on_disk_only = false;  ///< of `node`, which is down
    registry::Version version;
    Content content;
    uint32_t node = 0;
    Ns at = 0;
  };
  struct Instance {
    Truth truth;
    Ns accepted_at = -kNever;
    Ns cancelled_at = -kNever;             ///< by a client, and answered
    Ns silence_ended = -kNever;            ///< the end of the last silence of kDeadAfter or more
    std::vector<registry::Version> tombs;  ///< that clients made
  };
  /// What a node showed when it was looked at last.
  struct Seen {
    std::optional<registry::RecordState> state;
    registry::Version version;
    registry::Version tomb;             ///< the newest it ever had, in this life
    uint32_t cancelled_generation = 0;  ///< of an original, in all lives
    Ns lease = 0;
    Ns first = 0;  ///< in this life
    uint64_t round = 0;
  };
  struct SeenApp {
    uint64_t sum = 0;
    uint64_t next_sum = 0;
    int64_t latest_ns = 0;
    int64_t next_latest_ns = 0;
  };
  struct SeenNode {
    std::vector<Seen> instances;
    std::vector<SeenApp> apps;
    Ns booted = 0;
    Ns in_touch = 0;  ///< with any other node
    Ns stopped = 0;
    bool stepped = false;  ///< its wall clock, since it started: what it saved may seem too old
    bool was_ready = false;
  };

  void write(uint32_t instance, uint32_t node, const Written& written, bool cancel, Ns now);
  [[nodiscard]] bool could_know(uint32_t node, const Truth& truth) const;
  [[nodiscard]] static bool may_be_forgotten(const Instance& i, Ns now) {
    return now - std::max(i.truth.at, i.accepted_at) > kForgottenAfter;
  }
  [[nodiscard]] static bool may_be_dead(const Instance& i, Ns lease, Ns now);
  void look_for_absent(Ns now);
  void look_at_record(uint32_t node, const Held& held, Ns now);
  void look_at_apps(uint32_t node, Ns now);
  void judge_listed(uint32_t node, uint32_t instance, const std::optional<Held>& listed, Ns now);
  [[nodiscard]] std::vector<std::optional<Held>> list_of(uint32_t node) const;
  [[nodiscard]] std::string story(uint32_t node, uint32_t instance, const char* what) const;

  const JudgedNodes& nodes_;
  const Network& network_;
  Trace& trace_;
  const bool mixed_;
  const bool originals_only_;
  const Names& names_;
  std::vector<Instance> instances_;
  std::vector<SeenNode> nodes_seen_;
  Ns booted_last_ = 0;  ///< any node
  Ns absent_seen_ = -kNever / 2;
  Violations violations_;
  uint64_t inversions_ = 0;
  uint64_t round_ = 0;
};

}  // namespace discovery::simulation
