// The judge of keys, leases and watches (etcd-api.md 6).
//
// It knows what clients did: of each key the last write in the order of versions, and whether it may be lost with a
// node that alone had it; of each lease when a renewal was accepted last, and by whom. Two nodes are calm with each
// other since the later of: one of them started, stood still or was left, a link between them was cut.
//
//   K1  A watcher that is told changes knows of each key what its node shows. Looked at while all nodes are calm for
//       kSettled, and at the end. Excused is a key of which it was told last by a node that died with that write alone
//       (etcd-api.md 6.2, R2, "remaining hole").
//   K2  No key is there longer than kOutlives after its lease's last accepted renewal + length + max(length, 10 s);
//       always, also in a partition. A node that stands still, or does not take writes yet, is looked at later.
//   K3  A lease is *good* at node N while renewals of it are accepted at least every length, less a second, by nodes
//       that are calm with N since kSettled before the renewal, and that for kSettled at least. While it is good at N,
//       N does not tell a client that it is over, and shows its keys, if whoever took their last write is calm with N
//       too since kSettled (all nodes are, if that one started anew since). And while it is younger than its length,
//       by the clocks of who granted and who is asked, and nobody revoked it or was told that it is over,
//       nobody is told so, whoever granted it (R3).
//       The same holds for a lease that is renewed at least every half of its length, wherever, for half the length and
//       the grace, less 4 s, after the moment at which all nodes were calm last: cuts shorter than that cost nothing.
//       Where messages are lost, or queues are of a few keys, a short lease may be silent for its length and grace by
//       chance: there the first half of K3 is not asked.
//       K2 and K3 say nothing while the clocks of two nodes differ by more than 4 s, nor for 300 s after it: so long
//       what was stamped by such a clock may live.
//   K4  Within one watch revisions rise, and no answer's revision is below one that it shows.
//   K5  At the end all nodes have the same keys, values and leases, and exactly those instances that the keys stand
//       for.
//   K6  Where no message is lost: when a write was answered because all others have it (R4), each calm node of the zone
//       has it. When a watcher was told a put, and all nodes are calm, every node of the writer's zone has it;
//       another zone may be behind, by its gateway.
//
// Thread: one. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "simulation/judge.h"
#include "simulation/our_node.h"

namespace discovery::simulation {

class JudgedKeys {
 public:
  [[nodiscard]] virtual uint32_t count() const = 0;
  /// Null: it is down, or stands still.
  virtual OurNode* alive(uint32_t node) = 0;
  /// A link between them is cut now.
  [[nodiscard]] virtual bool cut_between(uint32_t a, uint32_t b) const = 0;
  [[nodiscard]] virtual bool same_zone(uint32_t a, uint32_t b) const = 0;

 protected:
  ~JudgedKeys() = default;
};

class KeyJudge {
 public:
  static constexpr Ns kSettled = 30 * kSecond;
  /// Clocks, the look, the hiding itself, and how long the message was under way that told of the renewal: its age does
  /// not grow there.
  static constexpr Ns kOutlives = 10 * kSecond;
  static constexpr Ns kGrace = 10 * kSecond;

  KeyJudge(JudgedKeys& nodes, Judge& judge, bool lossy);

  // -- what clients did; `now` is when it was done
  void granted(keyspace::LeaseId lease, Ns length, uint32_t node, Ns now);
  void renewed(keyspace::LeaseId lease, uint32_t node, Ns now);
  /// A key was put under it.
  void put_under(keyspace::LeaseId id, Ns now);
  void said_over(keyspace::LeaseId lease, uint32_t node, Ns now);
  void revoked(keyspace::LeaseId lease);
  /// The versions of all keys at a node, before and after a write there.
  using Versions = std::vector<registry::Version>;
  [[nodiscard]] static Versions versions(const OurNode& node);
  void wrote(uint32_t node, const Versions& before, Ns now);
  /// Answered because all others have it.
  void answered(uint32_t node, uint32_t key, Ns written, Ns now);
  /// A watcher was told, at `node`, that the key has that value.
  void told_put(uint32_t node, uint32_t key, uint32_t write, Ns now);
  void wrong(Wrong what, Ns now, std::string story) { judge_.wrong(what, now, std::move(story)); }

  // -- what nodes did
  void booted(uint32_t node, Ns now) { trouble(node, now); }
  void thawed(uint32_t node, Ns now);
  /// Before its process ends: the keys whose last write is lost with it.
  std::vector<uint32_t> stops(uint32_t node, Ns now);
  /// Who waits for an answer that was lost does so for a while yet.
  void no_more_losses(Ns now) { losses_until_ = now + kSettled; }

  void look(Ns now);
  void verdict(Ns now);
  [[nodiscard]] bool all_calm(Ns since) const;
  [[nodiscard]] bool lossy() const { return lossy_; }

 private:
  struct GoodAt {
    Ns since = kNever;  ///< without a gap; kNever: it is not
    Ns last = -kNever;
    uint32_t by = 0;
  };
  struct Lease {
    Ns length = 0;
    Ns granted = 0;
    TimePoint granted_read{};  ///< by the clock of that node
    Ns accepted = 0;
    Ns put = 0;           ///< a key under it, which nodes may take for a renewal while it is there, and need not
    Ns steady_since = 0;  ///< renewed at least every half of its length
    bool revoked = false;
    bool over = false;  ///< a client was told so
    std::vector<GoodAt> at;
  };
  struct Key {
    bool any = false;
    bool deleted = false;
    bool uncertain = false;
    registry::Version version;
    keyspace::LeaseId lease = 0;
    std::string value;
    uint32_t node = 0;
    Ns at = 0;
  };

  void trouble(uint32_t node, Ns now);
  [[nodiscard]] bool calm(uint32_t a, uint32_t b, Ns since) const { return trouble_[a * nodes_.count() + b] < since; }
  void accept(Lease& lease, uint32_t node, Ns now);
  [[nodiscard]] bool steady_at(const Lease& lease, uint32_t node, Ns now) const;
  [[nodiscard]] bool good_at(const Lease& lease, uint32_t node, Ns now) const;
  void look_at_links(Ns now);
  void look_at_clocks(Ns now);
  void look_at(uint32_t node, OurNode& at, Ns now);
  void compare(uint32_t a, OurNode& one, uint32_t b, OurNode& other, Ns now);
  void judge_instances(uint32_t node, OurNode& at, Ns now);
  [[nodiscard]] std::string story(uint32_t node, uint32_t key, const char* what) const;
  [[nodiscard]] std::string facts_of(uint32_t node, uint32_t key, keyspace::LeaseId lease, Ns now) const;
  [[nodiscard]] std::string story_of_lease(uint32_t node, keyspace::LeaseId id, const char* what) const;

  JudgedKeys& nodes_;
  Judge& judge_;
  bool lossy_;
  Ns losses_until_ = kNever;
  Ns clocks_differed_ = -kNever / 2;  ///< by more than is supposed
  std::map<keyspace::LeaseId, Lease> leases_;
  std::vector<Key> keys_;
  std::map<uint32_t, registry::Version> writes_;  ///< by the number in their value
  std::vector<Ns> trouble_;                       ///< by pair: when it was seen last
  Ns all_calm_at_ = -kNever / 2;                  ///< all nodes had been for kSettled
  std::vector<Ns> waking_;                        ///< by node: until when it may be late
  std::vector<std::map<uint32_t, Ns>> outlives_;  ///< scratch of K2: told once for each key and node
};

[[nodiscard]] std::string key_range_end(const std::string& prefix);

}  // namespace discovery::simulation
