// The delta channel: records made here and renewals accepted here (replication.md 3.1, 3.2).
#include "cluster/peer_link.h"

#include <algorithm>

#include "cluster/other.h"

namespace discovery::cluster {

namespace {
constexpr Duration kWalkMargin = std::chrono::seconds(10);  ///< a request may be older than the moment it is noticed
constexpr size_t kWalkBudget = 2000;
constexpr size_t kEntryBytes = 4;
constexpr size_t kDefinitionBytes = 16;  ///< beside the names
}  // namespace

PeerLink::PeerLink(Cluster& cluster, Cluster::Other& other)
    : cluster_(cluster), other_(other), queue_(cluster.settings_.queue_max), acked_until_(cluster.started_) {}

void PeerLink::greeted(uint64_t boot, TimePoint now) {
  if (boot != other_.boot) {  // it remembers nothing of us
    other_.boot = boot;
    acked_until_ = cluster_.started_;
    job_.reset();
    defined_.clear();
    farewell_acked_ = false;
  }
  next_summary_ = now;
  bulk_ = Bulk::kClosed;
  next_bulk_ = now;
}

void PeerLink::lost(TimePoint now) {
  if (pushing_) push_failed(now);
  if (bulk_ != Bulk::kClosed) bulk_failed(now);
}

void PeerLink::enqueue(registry::RecordRef ref, TimePoint now, bool pass_on) {
  if (queue_.add({ref, now, pass_on, cluster_.taken_before_})) return;
  ++other_.counters.queue_overflows;
  lost_at_ = now;
}

TimePoint PeerLink::told_until(TimePoint taken) const {
  if (!in_flight_.empty()) taken = std::min(taken, in_flight_.front().made_after);
  return queue_.empty() ? taken : std::min(taken, queue_.front().made_after);
}

Duration PeerLink::lag(TimePoint now) const {
  if (!in_flight_.empty()) return now - in_flight_.front().since;
  return queue_.empty() ? Duration::zero() : now - queue_.oldest();
}

void PeerLink::call(CallKind kind, Channel channel, std::string body, Duration timeout) {
  if (channel == Channel::kBulk && (kind == CallKind::kDigest || kind == CallKind::kLeaves)) {
    other_.counters.digest_bytes += body.size();
  }
  Call c;
  c.channel = channel;
  c.kind = kind;
  c.body = std::move(body);
  c.timeout = timeout;
  cluster_.begin_call(other_, std::move(c));
}

TimePoint PeerLink::tick(TimePoint now) {
  if (other_.state != Cluster::Other::State::kOurs) return TimePoint::max();
  TimePoint next = TimePoint::max();
  if (!pushing_) {
    const bool changes = !queue_.empty() && now - queue_.oldest() >= cluster_.settings_.batch_delay;
    if (changes || job_ || now >= next_summary_) {
      push(now);
    } else {
      next = next_summary_;
      if (!queue_.empty()) next = std::min(next, queue_.oldest() + cluster_.settings_.batch_delay);
    }
  }
  if (sync_wanted_ || compare_wanted_) {
    if (now >= next_bulk_) bulk_next(now);
    if (bulk_ == Bulk::kClosed) next = std::min(next, std::max(next_bulk_, now + std::chrono::milliseconds(1)));
  }
  return next;
}

// ------------------------------------------------------------------------------------------------------- push

void PeerLink::push(TimePoint now) {
  Push m;
  m.header = cluster_.header_for(&other_, now);
  m.members = cluster_.membership_.list();
  m.heard = cluster_.heard_lately(now);
  RecordBatch batch;
  RecordBatch to_pass_on;
  fill_records(batch, to_pass_on, now);
  const size_t record_bytes = batch.bytes().size() + to_pass_on.bytes().size();
  if (!job_ && now >= next_summary_) {
    next_summary_ = now + cluster_.settings_.summary_interval;
    // While warming, renewals of unknown instances are taken on trust and may yet be forgotten: nothing is claimed.
    if (cluster_.start_up_.ready()) begin_job();
  }
  if (job_) {
    const size_t left = cluster_.settings_.batch_bytes_max - std::min(record_bytes, cluster_.settings_.batch_bytes_max);
    fill_leases(m.leases, std::max<size_t>(left, 4096));
  }
  pushing_ = true;
  push_sent_ = now;
  ++other_.counters.pushes;
  other_.counters.records_sent += batch.count() + to_pass_on.count();
  other_.counters.leases_sent += m.leases.entries.size();
  call(CallKind::kPush, Channel::kDelta, encode(m, batch, to_pass_on), cluster_.settings_.call_timeout);
}

void PeerLink::fill_records(RecordBatch& batch, RecordBatch& to_pass_on, TimePoint now) {
  while (!queue_.empty() && batch.bytes().size() + to_pass_on.bytes().size() < cluster_.settings_.batch_bytes_max) {
    const DirtyQueue::Entry e = queue_.pop();
    RecordBatch& to = e.pass_on && other_.version >= kPassesOnSince ? to_pass_on : batch;
    if (cluster_.registry_.with_record(e.ref, [&](const registry::StoredRecord& r) { to.add(r.at(now)); })) {
      in_flight_.push_back(e);
    }
  }
}

void PeerLink::begin_job() {
  LeaseJob job;
  job.from = acked_until_;
  job.to = cluster_.lease_log_.until();
  job.farewell = cluster_.leaving_ && job.to >= cluster_.left_at_ && other_.version >= kFarewellSince;
  const bool whole = acked_until_ <= cluster_.started_;
  if (whole || !cluster_.lease_log_.collect(job.from, job.refs)) {
    job.refs.clear();
    const int64_t after = whole ? 0 : to_wire_ns(job.from - kWalkMargin);
    registry::RecordCursor at;
    while (cluster_.registry_.read_records(at, kWalkBudget, [&](const registry::StoredRecord& r) {
      if (r.home_ns > after) job.refs.push_back(r.ref);
    })) {
    }
  }
  std::sort(job.refs.begin(), job.refs.end(), [](const auto& a, const auto& b) { return a.slot < b.slot; });
  job.refs.erase(std::unique(job.refs.begin(), job.refs.end()), job.refs.end());
  job_ = std::move(job);
}

void PeerLink::fill_leases(LeasePart& part, size_t bytes_max) {
  part.from_ns = to_wire_ns(std::max(job_->from, cluster_.keeps_all_from_));
  part.to_ns = to_wire_ns(job_->to);
  size_t bytes = 0;
  size_t i = job_->next;
  for (; i < job_->refs.size() && bytes < bytes_max; ++i) {
    const registry::RecordRef ref = job_->refs[i];
    cluster_.registry_.with_record(ref, [&](const registry::StoredRecord& r) {
      if (r.home_ns == 0) return;
      // It is over here: nothing to tell, and the peer would ask for the record again and again (raise_lease()).
      if (r.instance->is_guest() && r.instance->numbers.state == registry::RecordState::kHidden) return;
      part.entries.push_back({ref.slot, part.to_ns - std::min(part.to_ns, r.home_ns)});
      told_.push_back(ref);
      bytes += kEntryBytes;
      if (ref.slot >= defined_.size()) defined_.resize(size_t{ref.slot} + 1);
      if (defined_[ref.slot] == ref.generation) return;
      defined_[ref.slot] = ref.generation;
      newly_defined_.push_back(ref.slot);
      part.define(ref.slot, {r.app, r.instance->zone(), r.instance->hostname()});
      bytes += kDefinitionBytes + r.app.env.size() + r.app.appid.size() + r.instance->zone().size() +
               r.instance->hostname().size();
    });
  }
  job_sent_to_ = i;
  part.complete = i == job_->refs.size();
  part.farewell = part.complete && job_->farewell;
}

void PeerLink::push_failed(TimePoint now) {
  pushing_ = false;
  ++other_.counters.pushes_failed;
  // In front of what came meanwhile: the oldest stays first.
  while (!queue_.empty()) in_flight_.push_back(queue_.pop());
  for (const DirtyQueue::Entry& e : in_flight_) {
    if (queue_.add(e)) continue;
    ++other_.counters.queue_overflows;
    lost_at_ = now;
    break;
  }
  in_flight_.clear();
  // Whether it was taken is not known: what was defined in it is defined again.
  for (const uint32_t slot : newly_defined_) defined_[slot] = 0;
  newly_defined_.clear();
  told_.clear();
}

void PeerLink::on_push_reply(const PushReply& reply, TimePoint now) {
  pushing_ = false;
  if (now - push_sent_ < std::chrono::seconds(1)) {
    const Duration ahead(reply.header.sent_ns - (to_wire_ns(push_sent_) + to_wire_ns(now)) / 2);
    if (std::chrono::abs(ahead) <= cluster_.settings_.max_clock_lead) other_.clock_ahead = ahead;
  }
  in_flight_.clear();
  const bool hole = left_a_hole(reply.unknown_slots);
  ask_again(reply.unknown_slots, now);
  newly_defined_.clear();
  told_.clear();
  if (!job_) return;
  if (hole) {  // told again from where the peer has all, and with the names
    job_.reset();
    next_summary_ = now;
    return;
  }
  job_->next = job_sent_to_;
  if (job_->next < job_->refs.size()) return;
  acked_until_ = job_->to;
  farewell_acked_ = job_->farewell;
  job_.reset();
}

// A slot that was defined in the same push and is still unknown: the peer lacks the record, so it has no lease to lose,
// and will hold the record as renewed when it comes. Any other was dropped although the record may be there.
bool PeerLink::left_a_hole(const std::vector<uint32_t>& unknown) const {
  if (unknown.size() >= kUnknownMax) return true;
  return std::any_of(unknown.begin(), unknown.end(), [this](uint32_t slot) {
    return std::find(newly_defined_.begin(), newly_defined_.end(), slot) == newly_defined_.end();
  });
}

// The peer has no record of these, or forgot which they are: it gets the records, and next time the names again.
void PeerLink::ask_again(const std::vector<uint32_t>& slots, TimePoint now) {
  for (const uint32_t slot : slots) {
    if (slot < defined_.size()) defined_[slot] = 0;
    const auto it =
        std::lower_bound(told_.begin(), told_.end(), slot, [](const auto& ref, uint32_t s) { return ref.slot < s; });
    if (it != told_.end() && it->slot == slot) enqueue(*it, now);
  }
}

void PeerLink::on_result(CallKind kind, Channel channel, const CallResult& result, TimePoint now) {
  const bool answered = result.kind == CallResult::Kind::kAnswer;
  if (channel == Channel::kBulk) {
    if (bulk_ == Bulk::kClosed) return;  // given up meanwhile
    if (kind == CallKind::kDigest || kind == CallKind::kLeaves) other_.counters.digest_bytes += result.body.size();
    bool good = answered;
    const auto take = [&](auto decoded, auto then) {
      good = decoded.has_value() && cluster_.believable(decoded->header.hlc_ns, now);
      if (!good) return;
      cluster_.registry_.versions().observe(decoded->header.hlc_ns);
      (this->*then)(*decoded, now);
    };
    if (answered && kind == CallKind::kHello) {
      const auto reply = decode_hello_reply(result.body);
      good = reply && reply->verdict == HelloVerdict::kWelcome && reply->self.header.boot == other_.boot;
      if (good) {
        cluster_.registry_.versions().observe(reply->self.header.hlc_ns);
        bulk_ = Bulk::kIdle;
        bulk_next(now);
      }
    } else if (answered && kind == CallKind::kSync) {
      take(decode_sync_reply(result.body), &PeerLink::on_sync_reply);
    } else if (answered && kind == CallKind::kDigest) {
      take(decode_digest_reply(result.body), &PeerLink::on_digest_reply);
    } else if (answered && kind == CallKind::kLeaves) {
      take(decode_leaves_reply(result.body), &PeerLink::on_leaves_reply);
    }
    if (!good) bulk_failed(now);
    return;
  }
  if (!pushing_) return;
  if (answered) {
    const auto reply = decode_push_reply(result.body);
    if (reply && cluster_.believable(reply->header.hlc_ns, now)) {
      cluster_.registry_.versions().observe(reply->header.hlc_ns);
      if (reply->verdict == PushVerdict::kTaken && reply->header.boot == other_.boot) {
        on_push_reply(*reply, now);
        return;
      }
    }
  }
  // Broken, another boot, or no member there any more: everything begins with a hello.
  cluster_.failed(other_, answered ? CallResult::Kind::kFailed : result.kind, now);
}

}  // namespace discovery::cluster
