// One node's part in the cluster, as a state machine: time, answers and other nodes' messages go in, calls and wake-ups
// come out. The same object code runs in the daemon and in the simulator (replication.md, all of it).
//
//   registry (what happened here) --take_changes--> queues, lease log --push--> other nodes
//   other nodes --handle()--> join, raise_lease --> registry; coverage --> what may expire
//
// A link per other node says which kind it is and how it does:
//
//   Unknown --hello--> Greeting --welcome--> Ours (push, digest, sync)
//      ^                  |  \--not ours--> Original (posts, fetch/all)
//      +---back-off-------+ <------any failure--------+
//
// Lifecycle: made with the registry it serves, which outlives it, as do effects and transport; start() once; leave() at
// the end. Thread: one; only what ClusterBoard and PostBox share is touched by others. Time: tick() with a `now` that
// never falls; it says when it wants to be called again.
// Limits: ClusterSettings; a dead peer costs queue_max names of records at most, then nothing (the digests find what
// it missed). Errors: what another node sends can fail a call and is counted, nothing more.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "cluster/board.h"
#include "cluster/coverage.h"
#include "cluster/lease_log.h"
#include "cluster/membership.h"
#include "cluster/messages.h"
#include "cluster/original.h"
#include "cluster/post_box.h"
#include "cluster/start_up.h"
#include "cluster/transport.h"
#include "registry/registry.h"

namespace discovery::cluster {

struct SeedNode {
  std::string address;
  std::string zone;
  bool operator==(const SeedNode&) const = default;
};

struct ClusterSettings {
  std::string address;  ///< under which this node is known
  std::string zone;
  uint16_t node_id = 1;
  std::vector<SeedNode> seeds;   ///< configured nodes, this one excepted; never forgotten
  bool open_membership = false;  ///< whoever says hello, or is registered as a node, is one
  HashKey cluster_key;           ///< as in RegistrySettings
  Duration max_clock_lead = std::chrono::hours(24);
  bool trust_refused = false;
  bool protect_only_uncovered = false;  ///< lease.protect = "uncovered"
  bool wait_for_originals = false;      ///< `enableprotect`: the original's minute where no peer could be synced
  bool always_keep_changes = false;     ///< made_here() is wanted even when there is no other node
  LeaseWindow lease;
  uint32_t version_max = kProtocolMax;  ///< lower it to be an older node

  Duration batch_delay = std::chrono::milliseconds(25);  ///< changes of so long are one push
  Duration summary_interval = std::chrono::seconds(1);
  Duration digest_interval = std::chrono::seconds(2);  ///< between two rounds, over all peers
  Duration call_timeout = std::chrono::seconds(5);
  Duration hello_timeout = std::chrono::seconds(2);
  Duration backoff_min = std::chrono::milliseconds(100);
  Duration backoff_max = std::chrono::seconds(5);
  Duration pass_on_delay = std::chrono::seconds(1);  ///< of a write with replication=true
  size_t queue_max = 65536;                          ///< keys per peer; posts per original
  size_t batch_bytes_max = 256 * 1024;
};

/// What the cluster does to its node besides calling others. Called on the cluster's thread.
class Effects {
 public:
  virtual void changed(const registry::Wake& wake, TimePoint now) = 0;
  /// A client or an original changed that record here: for a journal.
  virtual void made_here(registry::RecordRef /*ref*/, TimePoint /*now*/) {}
  /// The texts of a record are what the protocols may show: a peer's mistake must not become an answer of ours.
  [[nodiscard]] virtual bool acceptable(const registry::Record& /*record*/) { return true; }
  /// A fact for the log: `event` is a word, `peer` an address, `detail` for people.
  virtual void tell(std::string_view event, std::string_view peer, std::string_view detail) = 0;

 protected:
  ~Effects() = default;
};

/// What a cluster works with; all of it outlives it.
struct ClusterParts {
  registry::Registry& registry;
  Transport& transport;
  Effects& effects;
  const OriginalWire& originals;
  Random& random;
};

class PeerLink;
class OriginalLink;

/// What a link did since the start; for metrics.
struct LinkCounters {
  uint64_t pushes = 0, pushes_failed = 0;
  uint64_t records_sent = 0, records_received = 0, records_applied = 0, records_refused = 0;
  uint64_t records_passed_on = 0;  ///< to it, from another zone
  uint64_t leases_sent = 0, leases_received = 0;
  uint64_t rounds_equal = 0, rounds_different = 0, rounds_failed = 0;
  uint64_t digest_bytes = 0;  ///< of anti-entropy, both ways
  uint64_t queue_overflows = 0;
  uint64_t posts = 0, posts_failed = 0;
};

struct LinkStatus {
  std::string address;
  std::string zone;
  uint16_t node_id = 0;  ///< that its versions bear; 0: not known
  std::string state;     ///< "unknown", "greeting", "ours", "original", "down"
  bool up = false;
  bool member = false;
  size_t queued = 0;
  Duration lag{};                       ///< age of the oldest change not acknowledged
  uint64_t divergent = 0;               ///< records the last round found to differ
  std::optional<Duration> silent_for;   ///< since it was heard last; none: never heard
  std::string trouble;                  ///< why nothing is told to it now; "": nothing is in the way
  std::optional<Duration> clock_ahead;  ///< its clock against ours, as far as that is known
  LinkCounters counters;
};

class Cluster {
 public:
  Cluster(ClusterSettings settings, const ClusterParts& parts, TimePoint now);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  /// The start of the node's life in the cluster. `recovered`: a snapshot was loaded, so the registry is whole enough
  /// to answer, and versions go on above those given before.
  void start(bool recovered, TimePoint now);
  /// Instead of start(): the registry is that of another process of this node, which served until now.
  void take_over(TimePoint now);
  /// Does what is due; returns when it wants to be called again at the latest.
  TimePoint tick(TimePoint now);
  /// A message of another node of ours; kHello to kSync. The answer's bytes; an error where it is malformed or not to
  /// be honoured. `size_limit` of what is sent back: about batch_bytes_max.
  Result<std::string> handle(CallKind kind, std::string_view body, TimePoint now);
  void on_result(uint64_t call_id, const CallResult& result, TimePoint now);

  /// The configured nodes have changed (reload).
  void set_seeds(std::vector<SeedNode> seeds, TimePoint now);
  /// Nodes that stand in infra.discovery with status 1. Used where open_membership is on; of configured ones it tells
  /// that an original is there.
  void set_discovered(std::vector<SeedNode> nodes, TimePoint now);
  /// An original at that address posted something.
  void original_spoke(const std::string& host, TimePoint now);
  /// The operator takes a silent node out: expiry does not wait for it any longer. kNotFound: no such member.
  Result<void> remove(const std::string& address, TimePoint now);
  /// No write is accepted any more: tells every peer all there is, and farewell. Ends when left() or when its caller
  /// has no more time; tick() goes on meanwhile.
  void leave(TimePoint now);
  [[nodiscard]] bool left() const;

  /// For the reactors of the node.
  [[nodiscard]] const ClusterBoard& board() const { return board_; }
  [[nodiscard]] PostBox& post_box() { return post_box_; }

  [[nodiscard]] std::vector<LinkStatus> links(TimePoint now) const;
  [[nodiscard]] const Membership& membership() const { return membership_; }
  [[nodiscard]] bool ready() const { return start_up_.ready(); }
  [[nodiscard]] uint64_t boot() const { return boot_; }
  /// Everything changed here before that time is known to at least one peer; TimePoint{}: to none.
  [[nodiscard]] TimePoint received_until() const;
  /// Everything changed here before that time is known to every peer that can be reached and is told directly.
  [[nodiscard]] TimePoint received_by_all(TimePoint now) const;
  [[nodiscard]] uint16_t node_id() const { return settings_.node_id; }
  /// The largest number of keys queued for one peer, over all; for invariant I6.
  [[nodiscard]] size_t longest_queue() const;

  struct Other;  ///< everything about one other node: other.h

 private:
  friend class PeerLink;
  friend class OriginalLink;
  struct Pending {
    std::string address;
    Channel channel;
    CallKind kind;
  };

  // cluster.cpp: what is due
  void begin(TimePoint now);
  void compare_with_next(TimePoint now);
  void update_coverage(TimePoint now);
  void update_start(TimePoint now);
  void publish(TimePoint now);
  void name_contents(TimePoint now);
  void measure_offset(TimePoint now);

  // cluster_members.cpp: who is there
  Other& other_at(const std::string& address, const std::string& zone, TimePoint now);
  Other* find_other(std::string_view address);
  void drop_other(const std::string& address, TimePoint now);
  void refresh_members(TimePoint now);
  void merge_members(const std::vector<MemberEntry>& members, TimePoint now);
  void keep_changes(TimePoint now);
  void took_farewell(Other& from, TimePoint now);
  void retire(const Other& other);
  [[nodiscard]] bool admits(std::string_view address) const;

  // cluster_calls.cpp: calls to others
  void greet(Other& other, TimePoint now);
  void on_hello(Other& other, const CallResult& result, TimePoint now);
  void welcomed(Other& other, const HelloReply& reply, TimePoint now);
  void met_original(Other& other, TimePoint now);
  void failed(Other& other, CallResult::Kind how, TimePoint now);
  void begin_call(Other& other, Call call);
  void forget(const std::string& address);
  [[nodiscard]] Header header_for(const Other* other, TimePoint now) const;
  [[nodiscard]] bool believable(int64_t hlc_ns, TimePoint now) const;
  /// The views are of others_.
  [[nodiscard]] std::vector<std::string_view> heard_lately(TimePoint now) const;

  // cluster_changes.cpp: what was made here
  void take_local_changes(TimePoint now);
  void pass_on(TimePoint now);
  void spread(registry::RecordRef ref, TimePoint now);
  void choose_gateways(TimePoint now);
  void pass_on_in_zone(registry::RecordRef ref, TimePoint now);
  void hand_out_posts();

  // cluster_serve.cpp: what others ask
  [[nodiscard]] HelloVerdict judge_hello(const Hello& hello, TimePoint now) const;
  void greeted_by(const Hello& hello, TimePoint now);
  Result<std::string> serve_hello(std::string_view body, TimePoint now);
  Result<std::string> serve_push(std::string_view body, TimePoint now);
  Result<std::string> serve_digest(std::string_view body, TimePoint now);
  Result<std::string> serve_leaves(std::string_view body, TimePoint now);
  Result<std::string> serve_sync(std::string_view body, TimePoint now);
  [[nodiscard]] Hello hello_of_self(const Other* other, TimePoint now) const;
  Other* known_sender(const Header& header, TimePoint now);
  enum class Records : uint8_t { kPlain, kHiddenToo, kToPassOn };  ///< what is done with them beside the join
  void take_records(Other& from, const Header& header, const std::vector<registry::Record>& records, Records how,
                    TimePoint now);
  void take_leases(Other& from, const Header& header, const LeasePart& part, std::vector<uint32_t>& unknown,
                   TimePoint now);
  void doubt_refusals(std::string_view address);

#if defined(DISCOVERY_PLANT_ABSENCE_IS_DELETE)
  void delete_absent(std::vector<uint64_t>& seen, TimePoint now);
#endif

  ClusterSettings settings_;
  registry::Registry& registry_;
  Transport& transport_;
  Effects& effects_;
  const OriginalWire& original_wire_;
  Random& random_;
  const uint64_t boot_;
  const TimePoint started_;

  ClusterBoard board_;
  PostBox post_box_;
  Membership membership_;
  Coverage coverage_;
  LeaseLog lease_log_;
  StartUp start_up_;
  std::map<std::string, std::unique_ptr<Other>, std::less<>> others_;  ///< by address
  std::map<std::string, std::string, std::less<>> alias_;              ///< configured address -> the one it goes by
  std::map<uint64_t, Pending> calls_;
  uint64_t next_call_ = 1;
  uint64_t welcomes_ = 0;  ///< hellos answered
  std::vector<SeedNode> discovered_;
  struct Delayed {
    TimePoint due;
    registry::RecordRef ref;
  };
  TimePoint taken_at_{};          ///< changes made here before it were taken ...
  TimePoint taken_before_{};      ///< ... and those before this, when it was done last
  std::vector<Delayed> delayed_;  ///< by due time; at most kDelayedMax, then passed on at once
  struct ToldGateway {
    TimePoint at;
    registry::RecordRef ref;
  };
  std::deque<ToldGateway> told_gateways_;  ///< for a gateway's successor; at most settings_.queue_max, the oldest go
  registry::LocalChanges changes_;
  TimePoint next_digest_{};
  size_t digest_turn_ = 0;
  TimePoint next_publish_{};
  bool keeping_changes_ = false;
  bool named_ = false;
  bool leaving_ = false;
  TimePoint left_at_{};         ///< from then on nothing is accepted here
  TimePoint keeps_all_from_{};  ///< renewals accepted since then are all known here; before, some were provisional
};

}  // namespace discovery::cluster
