// Watch: many watches on one stream (etcd-api.md 5).
//
// An event is a response of its own: go-micro looks at the first of a response only (5.3). The stream ends with
// UNAVAILABLE where it cannot go on, after which every client resumes; a single watch is never cancelled by us, but for
// one that missed more than can be told. What a client does not take at once waits here, up to kLateMax events.
#include <algorithm>
#include <deque>
#include <map>

#include "protocol/etcd/methods.h"

namespace discovery::protocol::etcd {

namespace {

constexpr size_t kWatchesMax = 100'000;                        // of one stream
constexpr Duration kProgressEvery = std::chrono::minutes(10);  // of an idle watch that asks for it (etcd's default)
constexpr int64_t kProgressId = -1;
constexpr int64_t kNoWatch = -1;
constexpr size_t kAheadBytes = size_t{1} << 20;     // of one stream, sent before the client has taken what was
constexpr size_t kLateMax = 200'000;                // events that wait behind these: a replay, and what comes meanwhile
constexpr size_t kLateBytesMax = size_t{16} << 20;  // of the latter
/// As etcd writes them (v3rpc/watch.go): an error of gRPC as text. On the first, clients fetch a new token and watch
/// anew.
constexpr const char* kBadTokenReason = "rpc error: code = Unauthenticated desc = etcdserver: invalid auth token";
constexpr const char* kForbiddenReason = "rpc error: code = PermissionDenied desc = etcdserver: permission denied";
constexpr const char* kDuplicateReason = "mvcc: duplicate watch ID provided on the WatchStream";

class WatchStream;

class OneWatch final : public keyspace::Watch, private TimerEntry {
 public:
  /// `serial`: of no other watch of its stream, while an id may come again.
  OneWatch(WatchStream& stream, int64_t id, uint64_t serial, KeyRange range, bool with_before)
      : stream_(stream), id_(id), serial_(serial), range_(std::move(range)), with_before_(with_before) {}
  [[nodiscard]] int64_t id() const { return id_; }
  [[nodiscard]] uint64_t serial() const { return serial_; }
  [[nodiscard]] bool with_before() const { return with_before_; }
  [[nodiscard]] const KeyRange& range() const { return range_; }

  void told(const keyspace::EventPtr& event) override;
  void lost() override;
  void report_progress(Deadlines& deadlines, TimePoint now) { deadlines.schedule(*this, now + kProgressEvery); }

 private:
  void on_deadline(TimePoint now) override;

  WatchStream& stream_;
  const int64_t id_;
  const uint64_t serial_;
  const KeyRange range_;
  const bool with_before_;
};

class WatchStream final : public grpc::CallHandler, private EtcdService::Guarded {
 public:
  WatchStream(EtcdService& service, grpc::Call& call, Permissions::Caller caller)
      : service_(service), call_(call), caller_(std::move(caller)) {
    service_.guard(*this);
  }

  void on_message(std::string_view bytes) override {
    pb::WatchRequest request;
    if (!parse(request, bytes)) return call_.finish({Code::kInternal, "malformed message"});
    if (!service_.node().serves()) return call_.finish(not_now());
    if (request.has_create_request()) {
      create(request.create_request());
    } else if (request.has_cancel_request()) {
      cancel(request.cancel_request().watch_id());
    } else if (request.has_progress_request()) {
      progress(kProgressId);
    }
  }
  /// It goes on being told, as by etcd: a stream of watches ends when its client goes.
  void on_half_close() override {}
  void on_drained() override;

  /// `replayed`: what there is, so the key space holds its value anyway.
  void tell(const OneWatch& watch, const keyspace::EventPtr& event, bool replayed) {
    if (!call_.open()) return;
    if (late_.empty() && call_.unsent_bytes() < kAheadBytes) return send_event(watch, *event);
    if (late_.empty()) {
      late_from_ = event->kv->mod_revision;
      call_.tell_when_drained();
    }
    late_from_ = std::min(late_from_, event->kv->mod_revision);
    const size_t bytes = replayed ? 0 : event->kv->value.size();
    late_bytes_ += bytes;
    late_.push_back({watch.id(), watch.serial(), event, bytes});
    if (late_.size() > kLateMax || late_bytes_ > kLateBytesMax) call_.finish(not_now());
  }
  void progress(int64_t id) {
    pb::WatchResponse answer;
    keyspace::Revision until = service_.hub().told_until();
    if (!late_.empty()) until = std::min(until, late_from_ - keyspace::kRevisionStep);
    fill_header(*answer.mutable_header(), service_.ids(), until);
    answer.set_watch_id(id);
    send(call_, answer);
  }
  void lost() { call_.finish(not_now()); }
  [[nodiscard]] EtcdService& service() { return service_; }

 private:
  /// An event that waits until the client has taken those before it.
  struct Late {
    int64_t id;
    uint64_t serial;
    keyspace::EventPtr event;
    size_t bytes;  ///< as counted in late_bytes_
  };
  void create(const pb::WatchCreateRequest& request);
  void refuse(const std::string& why);
  void send_event(const OneWatch& watch, const keyspace::Event& event);
  void access_changed() override;
  void cancel(int64_t id) {
    if (watches_.erase(id) == 0) return;
    pb::WatchResponse answer;
    fill_header(*answer.mutable_header(), service_.ids(), service_.keys().revision());
    answer.set_watch_id(id);
    answer.set_canceled(true);
    send(call_, answer);
  }

  EtcdService& service_;
  grpc::Call& call_;
  const Permissions::Caller caller_;
  std::map<int64_t, std::unique_ptr<OneWatch>> watches_;
  std::deque<Late> late_;
  size_t late_bytes_ = 0;           ///< of values, but for those of replays
  keyspace::Revision late_from_{};  ///< none of late_ is below; of several watches, so not in order
  int64_t next_id_ = 0;
  uint64_t next_serial_ = 0;
};

void OneWatch::told(const keyspace::EventPtr& event) { stream_.tell(*this, event, false); }
void OneWatch::lost() { stream_.lost(); }
void OneWatch::on_deadline(TimePoint now) {
  stream_.progress(id_);
  report_progress(stream_.service().deadlines(), now);
}

void WatchStream::send_event(const OneWatch& watch, const keyspace::Event& event) {
  pb::WatchResponse answer;
  fill_header(*answer.mutable_header(), service_.ids(), event.kv->mod_revision);
  answer.set_watch_id(watch.id());
  pb::Event& told = *answer.add_events();
  fill(told, event, watch.with_before());
  // Of a deletion go-micro reads it without looking whether it is there (etcd-api.md 5).
  if (watch.with_before() && event.type == keyspace::EventType::kDelete && !event.before) {
    told.mutable_prev_kv()->set_key(event.kv->key);
    told.mutable_prev_kv()->set_value(service_.keys().gone_value(event.kv->key));
  }
  send(call_, answer);
}

void WatchStream::on_drained() {
  while (!late_.empty() && call_.open() && call_.unsent_bytes() < kAheadBytes) {
    const Late& one = late_.front();
    const auto watch = watches_.find(one.id);
    if (watch != watches_.end() && watch->second->serial() == one.serial) send_event(*watch->second, *one.event);
    late_bytes_ -= one.bytes;
    late_.pop_front();
  }
  if (!late_.empty()) call_.tell_when_drained();
}

// Its client comes again, and is refused what it may not have.
void WatchStream::access_changed() {
  for (const auto& [id, watch] : watches_) {
    if (service_.permissions().may_read(caller_, watch->range()).code != Code::kOk) return call_.finish(not_now());
  }
}

void WatchStream::refuse(const std::string& why) {
  pb::WatchResponse answer;
  fill_header(*answer.mutable_header(), service_.ids(), service_.keys().revision());
  answer.set_watch_id(kNoWatch);
  answer.set_created(true);
  answer.set_canceled(true);
  answer.set_cancel_reason(why);
  send(call_, answer);
}

void WatchStream::create(const pb::WatchCreateRequest& request) {
  KeyRange range = range_of(request);
  if (range.key.empty()) range.key = std::string(1, '\0');  // as etcd does
  if (Status may = service_.permissions().may_read(caller_, range); may.code != Code::kOk) {
    service_.audit_refusal({caller_, call_.client().ip, kWatchMethod}, may, range.key);
    return refuse(may.code == Code::kUnauthenticated ? kBadTokenReason : kForbiddenReason);
  }
  if (request.start_revision() < 0) return refuse(compacted().message);
  if (watches_.size() >= kWatchesMax) return call_.finish(not_now());
  int64_t id = request.watch_id();
  if (id == 0) {
    while (watches_.contains(next_id_)) ++next_id_;
    id = next_id_++;
  } else if (id < 0 || watches_.contains(id)) {
    return refuse(kDuplicateReason);
  }
  keyspace::WatchOptions options;
  for (const int filter : request.filters()) {
    if (filter == pb::WatchCreateRequest::NOPUT) options.puts = false;
    if (filter == pb::WatchCreateRequest::NODELETE) options.deletes = false;
  }
  auto watch = std::make_unique<OneWatch>(*this, id, next_serial_++, range, request.prev_kv());
  const TimePoint now = service_.now();
  const keyspace::WatchBegin begin = service_.hub().enter(*watch, range, request.start_revision(), options, now);
  pb::WatchResponse answer;
  fill_header(*answer.mutable_header(), service_.ids(), begin.revision);
  answer.set_watch_id(id);
  answer.set_created(true);
  send(call_, answer);
  if (begin.compacted > 0) {
    answer.set_created(false);
    answer.set_canceled(true);
    answer.set_compact_revision(begin.compacted);
    return send(call_, answer);
  }
  for (const keyspace::EventPtr& event : begin.replay) tell(*watch, event, true);
  if (request.progress_notify()) watch->report_progress(service_.deadlines(), now);
  watches_.emplace(id, std::move(watch));
}

}  // namespace

std::unique_ptr<grpc::CallHandler> watch_stream(EtcdService& service, grpc::Call& call, Permissions::Caller caller) {
  return std::make_unique<WatchStream>(service, call, std::move(caller));
}

}  // namespace discovery::protocol::etcd
