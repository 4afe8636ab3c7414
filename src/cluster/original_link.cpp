#include "cluster/original_link.h"

#include <map>
#include <tuple>

#include "cluster/other.h"
#include "registry/origin.h"

namespace discovery::cluster {

namespace {
constexpr int kNotFound = -404;
constexpr int kConflict = -409;
constexpr size_t kWalkBudget = 2000;
constexpr Duration kAskAgain = std::chrono::seconds(5);
}  // namespace

OriginalLink::OriginalLink(Cluster& cluster, Cluster::Other& other) : cluster_(cluster), other_(other) {}

void OriginalLink::greeted(bool import, TimePoint now) {
  import_wanted_ = import_wanted_ || import;
  reconcile_wanted_ = reconcile_wanted_ || other_.zone == cluster_.settings_.zone;
  next_fetch_ = now;
  tick(now);
}

void OriginalLink::lost() { posting_ = fetching_ = false; }

void OriginalLink::compare_when_back() {
  queue_.clear();
  answer_wanted_ = false;  // what is under way is no longer the front
  reconcile_wanted_ = true;
}

void OriginalLink::enqueue(Post post) {
  if (queue_.size() >= cluster_.settings_.queue_max) {
    ++other_.counters.queue_overflows;
    compare_when_back();
    return;
  }
  queue_.push_back(std::move(post));
}

TimePoint OriginalLink::tick(TimePoint now) {
  if (other_.state != Cluster::Other::State::kOriginal) return TimePoint::max();
  if (reconcile_again_ && queue_.empty() && !posting_) {
    reconcile_again_ = false;
    reconcile_wanted_ = true;
  }
  const bool fetch_wanted = import_wanted_ || reconcile_wanted_;
  if (fetch_wanted && !fetching_ && now >= next_fetch_) {
    fetching_ = true;
    Call c;
    c.channel = Channel::kBulk;
    c.kind = CallKind::kFetchAll;
    c.timeout = cluster_.settings_.call_timeout;
    cluster_.begin_call(other_, std::move(c));
  }
  if (!posting_ && !queue_.empty() && !fetching_) {
    posting_ = answer_wanted_ = true;
    ++other_.counters.posts;
    Call c;
    c.channel = Channel::kDelta;
    c.kind = CallKind::kPost;
    c.path = queue_.front().path;
    c.body = cluster_.original_wire_.form_for(queue_.front(), other_.zone == cluster_.settings_.zone);
    c.timeout = cluster_.settings_.call_timeout;
    cluster_.begin_call(other_, std::move(c));
  }
  return fetch_wanted && !fetching_ ? next_fetch_ : TimePoint::max();
}

void OriginalLink::on_result(CallKind kind, const CallResult& result, TimePoint now) {
  if (other_.state != Cluster::Other::State::kOriginal) return;
  if (result.kind != CallResult::Kind::kAnswer) {
    if (kind == CallKind::kPost) ++other_.counters.posts_failed;
    cluster_.failed(other_, result.kind, now);
    return;
  }
  if (kind == CallKind::kFetchAll) {
    fetching_ = false;
    const auto all = cluster_.original_wire_.read_fetch_all(result.body);
    if (!all && all.error().code == ErrorCode::kUnavailable) {
      next_fetch_ = now + kAskAgain;
      tick(now);
      return;
    }
    if (!all) {
      cluster_.effects_.tell("peer_garbage", other_.address, all.error().message);
      cluster_.failed(other_, CallResult::Kind::kFailed, now);
      return;
    }
    if (std::exchange(import_wanted_, false)) import(*all, now);
    if (std::exchange(reconcile_wanted_, false)) reconcile(*all, now);
  } else {
    posting_ = false;
    if (!std::exchange(answer_wanted_, false)) {
      tick(now);
      return;
    }
    const Post post = std::move(queue_.front());
    queue_.pop_front();
    const auto answer = cluster_.original_wire_.read_answer(result.body);
    if (answer) on_answer(post, *answer, now);  // what is no answer of the protocol asks for nothing
  }
  tick(now);
}

void OriginalLink::on_answer(const Post& post, const PostAnswer& answer, TimePoint now) {
  if (post.kind != PostKind::kRenew) return;
  if (answer.code == kNotFound) {
    const registry::RecordRef ref = cluster_.registry_.find_record(post.key());
    std::optional<Post> again;
    cluster_.registry_.with_record(ref, [&](const registry::StoredRecord& r) {
      if (r.instance->numbers.state == registry::RecordState::kVisible)
        again = cluster_.original_wire_.register_post(r);
    });
    if (again) queue_.push_front(std::move(*again));  // before what came after the renewal
  } else if (answer.code == kConflict && answer.instance) {
    take_over(*answer.instance, now);
  }
}

// As if the original had posted it (replication.md 2.5, R7, last sentence).
void OriginalLink::take_over(const ForeignInstance& i, TimePoint now) {
  registry::RegisterArgs args;
  args.key = {{i.env, i.appid}, i.zone, i.hostname};
  args.region = i.region;
  args.version = i.version;
  args.addrs_json = i.addrs_json;
  args.metadata_json = i.metadata_json;
  args.status = i.status;
  args.writer = registry::Writer::kReplica;
  args.dirty_timestamp_ns = i.dirty_ns;
  args.reg_timestamp_ns = i.reg_ns;
  args.from_peer = true;
  args.by = other_.address;
  const auto done = cluster_.registry_.register_instance(args, now);
  if (done) cluster_.effects_.changed(done->wake, now);
}

void OriginalLink::import(const std::vector<ForeignInstance>& all, TimePoint now) {
  for (const ForeignInstance& i : all) {
    if (registry::is_reserved_env(i.env)) continue;  // no client can have registered it
    registry::JoinArgs args;
    args.record = i.record();
    args.by = other_.address;
    args.record.version = cluster_.registry_.import_version(args.record, now);
    args.lease = std::min(now, from_wire_ns(std::max<int64_t>(i.renew_ns, 0)));
    args.latest_lease = true;  // originals hear of every renewal: this is the latest
    const auto done = cluster_.registry_.join(args, now);
    cluster_.effects_.changed(done.wake, now);
    ++other_.counters.records_received;
  }
  other_.synced = true;
  cluster_.update_start(now);
}

// What it lacks, and lives, is registered there; what was cancelled here is cancelled there (D12). Not guests: it would
// hold them to a lease of its own and is told of none of their renewals.
void OriginalLink::reconcile(const std::vector<ForeignInstance>& all, TimePoint now) {
  const int64_t fresh_ns = to_wire_ns(now - cluster_.settings_.lease.window);
  using Key = std::tuple<std::string_view, std::string_view, std::string_view, std::string_view>;
  std::map<Key, const ForeignInstance*> theirs;
  for (const ForeignInstance& i : all) theirs[{i.env, i.appid, i.zone, i.hostname}] = &i;
  std::vector<Post> posts;
  registry::RecordCursor at;
  while (cluster_.registry_.read_records(at, kWalkBudget, [&](const registry::StoredRecord& r) {
    if (r.instance->is_guest() || registry::is_reserved_env(r.app.env)) return;
    const auto it = theirs.find({r.app.env, r.app.appid, r.instance->zone(), r.instance->hostname()});
    const auto state = r.instance->numbers.state;
    if (state == registry::RecordState::kVisible && it == theirs.end() && r.lease_ns >= fresh_ns) {
      posts.push_back(cluster_.original_wire_.register_post(r));
    } else if (state == registry::RecordState::kTombstone && it != theirs.end() &&
               it->second->dirty_ns <= r.instance->numbers.dirty_ns) {
      posts.push_back(cluster_.original_wire_.cancel_post(r));
    }
  })) {
  }
  for (Post& post : posts) {
    if (queue_.size() >= cluster_.settings_.queue_max) {
      reconcile_again_ = true;
      break;
    }
    queue_.push_back(std::move(post));
  }
}

}  // namespace discovery::cluster
