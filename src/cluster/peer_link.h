// What this node has for one other node of ours, and how it gets there. Internal to src/cluster.
//
//   delta channel:  Idle --records waited batch_delay, or summary_interval is over--> push --answer--> Idle
//   bulk channel:   Closed --hello--> Idle --start, or its turn--> sync pages, or digest -> leaves... --> Idle
//
// One call per channel is under way at most. A failed call leaves what it carried where it was: records go back into
// the queue, renewals are told again from the last acknowledged moment. Thread: the cluster's. Limits:
// settings.queue_max records, batch_bytes_max a message, kLeavesPerRound.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "cluster/cluster.h"
#include "cluster/dirty_queue.h"
#include "cluster/messages.h"
#include "cluster/transport.h"
#include "registry/registry.h"

namespace discovery::cluster {

class PeerLink {
 public:
  static constexpr size_t kLeavesPerRound = 8192;
  static constexpr size_t kUnknownMax = 4096;  ///< slots in one answer

  /// `other` owns this.
  PeerLink(Cluster& cluster, Cluster::Other& other);
  PeerLink(const PeerLink&) = delete;
  PeerLink& operator=(const PeerLink&) = delete;

  /// The delta connection is open; the peer's boot may be another one than before.
  void greeted(uint64_t boot, TimePoint now);
  /// The delta connection is gone.
  void lost(TimePoint now);
  /// The record must be sent; `pass_on`: for the other nodes of its zone, too.
  void enqueue(registry::RecordRef ref, TimePoint now, bool pass_on = false);
  /// It turned out to be an original: nothing is sent to it here.
  void drop_queue() { queue_.clear(); }
  /// A change is left to the gateway of its zone.
  void left_out(TimePoint now) { lost_at_ = now; }
  /// Does what is due and says when it wants to be called again.
  TimePoint tick(TimePoint now);
  void on_result(CallKind kind, Channel channel, const CallResult& result, TimePoint now);

  [[nodiscard]] bool can_compare() const;
  /// Begins a round of anti-entropy. Precondition: can_compare().
  void compare(TimePoint now);
  void begin_sync(TimePoint now);

  [[nodiscard]] size_t queued() const { return queue_.size() + in_flight_.size(); }
  /// How long the push under way has been waiting for its answer.
  [[nodiscard]] Duration unanswered(TimePoint now) const { return pushing_ ? now - push_sent_ : Duration::zero(); }
  /// Age of the oldest change that the peer has not acknowledged.
  [[nodiscard]] Duration lag(TimePoint now) const;
  /// Up to when every change made here is at the peer; TimePoint{}: some may never have been told; `taken`: up to when
  /// changes were taken.
  [[nodiscard]] TimePoint received_until(TimePoint taken) const {
    return lost_at_ == TimePoint{} ? told_until(taken) : TimePoint{};
  }
  /// The same of those that it was to be told, whatever was lost before the connection, or was too much to be kept.
  [[nodiscard]] TimePoint told_until(TimePoint taken) const;
  [[nodiscard]] uint64_t divergent() const { return divergent_; }
  [[nodiscard]] bool said_farewell() const { return farewell_acked_; }

 private:
  enum class Bulk : uint8_t { kClosed, kGreeting, kIdle, kSync, kRoots, kLeaves };
  /// The renewals of (from, to], as far as they are not told yet.
  struct LeaseJob {
    TimePoint from;
    TimePoint to;
    std::vector<registry::RecordRef> refs;  ///< by slot
    size_t next = 0;
    bool farewell = false;
  };
  struct OwnEntry {
    LeafEntry entry;
    registry::RecordRef ref;
  };
  struct Round {
    std::vector<uint16_t> leaves;
    std::vector<OwnEntry> own;  ///< by key_digest
    size_t next_leaf = 0;
    size_t next_own = 0;
    uint64_t found = 0;
  };

  void push(TimePoint now);
  void fill_records(RecordBatch& batch, RecordBatch& to_pass_on, TimePoint now);
  void begin_job();
  void fill_leases(LeasePart& part, size_t bytes_max);
  void on_push_reply(const PushReply& reply, TimePoint now);
  void push_failed(TimePoint now);
  [[nodiscard]] bool left_a_hole(const std::vector<uint32_t>& unknown) const;
  void ask_again(const std::vector<uint32_t>& slots, TimePoint now);

  void bulk_next(TimePoint now);
  void bulk_failed(TimePoint now);
  void on_sync_reply(const SyncReply& reply, TimePoint now);
  void on_digest_reply(const DigestReply& reply, TimePoint now);
  void send_leaves(TimePoint now);
  void on_leaves_reply(const LeavesReply& reply, TimePoint now);
  void end_round(TimePoint now);
  void call(CallKind kind, Channel channel, std::string body, Duration timeout);

  Cluster& cluster_;
  Cluster::Other& other_;
  DirtyQueue queue_;
  std::vector<DirtyQueue::Entry> in_flight_;  ///< records of the push under way
  bool pushing_ = false;
  TimePoint push_sent_{};
  TimePoint next_summary_{};
  TimePoint lost_at_{};  ///< it was not told of a change, and no comparison begun since has found the two nodes equal
  TimePoint compare_began_{};
  TimePoint acked_until_;  ///< renewals up to here are known to that boot of the peer
  std::optional<LeaseJob> job_;
  size_t job_sent_to_ = 0;         ///< where job_->next goes when the push is acknowledged
  std::vector<uint32_t> defined_;  ///< by slot: the generation whose key the peer was told
  std::vector<uint32_t> newly_defined_;
  std::vector<registry::RecordRef> told_;  ///< by slot: in the push under way
  bool farewell_acked_ = false;

  Bulk bulk_ = Bulk::kClosed;
  bool sync_wanted_ = false;
  bool compare_wanted_ = false;
  TimePoint next_bulk_{};
  registry::RecordCursor sync_at_;
  Round round_;
  uint64_t divergent_ = 0;
#if defined(DISCOVERY_PLANT_ABSENCE_IS_DELETE)
  std::vector<uint64_t> sync_seen_;
#endif
};

/// Calls f for every stored record in one of the leaves; one lock is held for 2,000 records at most.
void read_leaves(const registry::Registry& registry, const std::vector<bool>& leaves,
                 FunctionRef<void(const registry::StoredRecord&)> f);

}  // namespace discovery::cluster
