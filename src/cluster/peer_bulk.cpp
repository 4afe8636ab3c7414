// The bulk channel: all records page by page at the start, and later the rounds that find and repair differences
// (replication.md 3.1, 3.3).
#include <algorithm>

#include "cluster/other.h"

namespace discovery::cluster {

namespace {
constexpr size_t kWalkBudget = 2000;
constexpr size_t kLeafEntryBytes = 18;
}  // namespace

void read_leaves(const registry::Registry& registry, const std::vector<bool>& leaves,
                 FunctionRef<void(const registry::StoredRecord&)> f) {
  registry::RecordCursor at;
  while (registry.read_records(at, kWalkBudget, [&](const registry::StoredRecord& r) {
    if (leaves[registry::Digest::leaf_of(r.instance->key_digest())]) f(r);
  })) {
  }
}

bool PeerLink::can_compare() const {
  return other_.state == Cluster::Other::State::kOurs && !sync_wanted_ && !compare_wanted_ &&
         (bulk_ == Bulk::kClosed || bulk_ == Bulk::kIdle);
}

void PeerLink::compare(TimePoint now) {
  compare_wanted_ = true;
  compare_began_ = now;
  if (now >= next_bulk_) bulk_next(now);
}

void PeerLink::begin_sync(TimePoint now) {
  sync_wanted_ = true;
  sync_at_ = {};
#if defined(DISCOVERY_PLANT_ABSENCE_IS_DELETE)
  sync_seen_.clear();
#endif
  if (now >= next_bulk_) bulk_next(now);
}

void PeerLink::bulk_next(TimePoint now) {
  if (bulk_ == Bulk::kClosed) {
    bulk_ = Bulk::kGreeting;
    call(CallKind::kHello, Channel::kBulk, encode(cluster_.hello_of_self(&other_, now)),
         cluster_.settings_.hello_timeout);
    return;
  }
  if (bulk_ != Bulk::kIdle) return;
  const Header header = cluster_.header_for(&other_, now);
  if (sync_wanted_) {
    bulk_ = Bulk::kSync;
    call(CallKind::kSync, Channel::kBulk, encode(SyncRequest{header, sync_at_}), cluster_.settings_.call_timeout);
  } else if (compare_wanted_) {
    bulk_ = Bulk::kRoots;
    call(CallKind::kDigest, Channel::kBulk, encode(DigestRequest{header, cluster_.registry_.digest().roots()}),
         cluster_.settings_.call_timeout);
  }
}

void PeerLink::bulk_failed(TimePoint now) {
  if (bulk_ == Bulk::kRoots || bulk_ == Bulk::kLeaves || (bulk_ == Bulk::kGreeting && compare_wanted_)) {
    ++other_.counters.rounds_failed;
    compare_wanted_ = false;
    round_ = {};
  }
  bulk_ = Bulk::kClosed;
  next_bulk_ = now + std::chrono::milliseconds(500);
}

void PeerLink::on_sync_reply(const SyncReply& reply, TimePoint now) {
  cluster_.take_records(other_, reply.header, reply.records,
                        cluster_.start_up_.ready() ? Cluster::Records::kPlain : Cluster::Records::kHiddenToo, now);
#if defined(DISCOVERY_PLANT_ABSENCE_IS_DELETE)
  for (const registry::Record& r : reply.records) {
    sync_seen_.push_back(registry::key_digest(cluster_.settings_.cluster_key, r.key()));
  }
#endif
  bulk_ = Bulk::kIdle;
  sync_at_ = reply.next;
  if (reply.done) {
    sync_wanted_ = false;
    other_.synced = true;
#if defined(DISCOVERY_PLANT_ABSENCE_IS_DELETE)
    cluster_.delete_absent(sync_seen_, now);
#endif
    cluster_.update_start(now);
  }
  bulk_next(now);
}

// ------------------------------------------------------------------------------------------------------- a round

void PeerLink::on_digest_reply(const DigestReply& reply, TimePoint now) {
  bulk_ = Bulk::kIdle;
  round_ = {};
  for (const DigestLeaves& theirs : reply.differing) {
    const registry::Digest::Sums ours = cluster_.registry_.digest().leaves(theirs.root);
    for (size_t i = 0; i < ours.size() && round_.leaves.size() < kLeavesPerRound; ++i) {
      if (ours[i] != theirs.sums[i]) {
        round_.leaves.push_back(static_cast<uint16_t>(theirs.root * registry::Digest::kFanOut + i));
      }
    }
  }
  if (round_.leaves.empty()) {
    end_round(now);
    return;
  }
  std::vector<bool> wanted(registry::Digest::kLeaves);
  for (const uint16_t leaf : round_.leaves) wanted[leaf] = true;
  read_leaves(cluster_.registry_, wanted, [&](const registry::StoredRecord& r) {
    round_.own.push_back({{r.instance->key_digest(), r.instance->numbers.version}, r.ref});
  });
  std::sort(round_.own.begin(), round_.own.end(),
            [](const OwnEntry& a, const OwnEntry& b) { return a.entry.key_digest < b.entry.key_digest; });
  send_leaves(now);
}

// As many leaves as fill a message.
void PeerLink::send_leaves(TimePoint now) {
  LeavesRequest m;
  m.header = cluster_.header_for(&other_, now);
  while (round_.next_leaf < round_.leaves.size() &&
         m.entries.size() * kLeafEntryBytes < cluster_.settings_.batch_bytes_max) {
    const uint16_t leaf = round_.leaves[round_.next_leaf++];
    m.leaves.push_back(leaf);
    for (; round_.next_own < round_.own.size(); ++round_.next_own) {
      const LeafEntry& e = round_.own[round_.next_own].entry;
      if (registry::Digest::leaf_of(e.key_digest) != leaf) break;
      m.entries.push_back(e);
    }
  }
  bulk_ = Bulk::kLeaves;
  call(CallKind::kLeaves, Channel::kBulk, encode(m), cluster_.settings_.call_timeout);
}

void PeerLink::on_leaves_reply(const LeavesReply& reply, TimePoint now) {
  cluster_.take_records(other_, reply.header, reply.records, Cluster::Records::kPlain, now);
  for (const uint64_t digest : reply.wanted) {
    auto it = std::lower_bound(round_.own.begin(), round_.own.end(), digest,
                               [](const OwnEntry& e, uint64_t d) { return e.entry.key_digest < d; });
    for (; it != round_.own.end() && it->entry.key_digest == digest; ++it) enqueue(it->ref, now);
  }
  round_.found += reply.records.size() + reply.wanted.size() + reply.left_out;
  if (round_.next_leaf < round_.leaves.size()) {
    send_leaves(now);
  } else {
    end_round(now);
  }
}

void PeerLink::end_round(TimePoint now) {
  divergent_ = round_.found;
  if (round_.leaves.empty() && lost_at_ < compare_began_) lost_at_ = {};
  ++(round_.leaves.empty() ? other_.counters.rounds_equal : other_.counters.rounds_different);
  round_ = {};
  compare_wanted_ = false;
  bulk_ = Bulk::kIdle;
  bulk_next(now);
}

}  // namespace discovery::cluster
