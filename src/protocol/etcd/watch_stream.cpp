// Watch: many watches on one stream (etcd-api.md 5).
//
// An event is a response of its own: go-micro looks at the first of a response only (5.3). The stream ends with
// UNAVAILABLE where it cannot go on, after which every client resumes; a single watch is never cancelled by us, but for
// one that missed more than can be told.
#include <map>

#include "protocol/etcd/methods.h"

namespace discovery::protocol::etcd {

namespace {

constexpr size_t kWatchesMax = 100'000;                        // of one stream
constexpr Duration kProgressEvery = std::chrono::minutes(10);  // of an idle watch that asks for it (etcd's default)
constexpr int64_t kProgressId = -1;

class WatchStream;

class OneWatch final : public keyspace::Watch, private TimerEntry {
 public:
  OneWatch(WatchStream& stream, int64_t id, bool with_before) : stream_(stream), id_(id), with_before_(with_before) {}

  void told(const keyspace::EventPtr& event) override;
  void lost() override;
  void report_progress(Deadlines& deadlines, TimePoint now) { deadlines.schedule(*this, now + kProgressEvery); }

 private:
  void on_deadline(TimePoint now) override;

  WatchStream& stream_;
  const int64_t id_;
  const bool with_before_;
};

class WatchStream final : public grpc::CallHandler {
 public:
  WatchStream(EtcdService& service, grpc::Call& call, Permissions::Caller caller)
      : service_(service), call_(call), caller_(std::move(caller)) {}

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
  void on_half_close() override { call_.finish(ok()); }

  void tell(int64_t id, const keyspace::Event& event, bool with_before) {
    pb::WatchResponse answer;
    fill_header(*answer.mutable_header(), service_.ids(), event.kv->mod_revision);
    answer.set_watch_id(id);
    fill(*answer.add_events(), event, with_before);
    send(call_, answer);
  }
  void progress(int64_t id) {
    pb::WatchResponse answer;
    fill_header(*answer.mutable_header(), service_.ids(), service_.hub().told_until());
    answer.set_watch_id(id);
    send(call_, answer);
  }
  void lost() { call_.finish(not_now()); }
  [[nodiscard]] EtcdService& service() { return service_; }

 private:
  void create(const pb::WatchCreateRequest& request);
  void refuse(int64_t id, const std::string& why);
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
  Permissions::Caller caller_;
  std::map<int64_t, std::unique_ptr<OneWatch>> watches_;
  int64_t next_id_ = 0;
};

void OneWatch::told(const keyspace::EventPtr& event) { stream_.tell(id_, *event, with_before_); }
void OneWatch::lost() { stream_.lost(); }
void OneWatch::on_deadline(TimePoint now) {
  stream_.progress(id_);
  report_progress(stream_.service().deadlines(), now);
}

void WatchStream::refuse(int64_t id, const std::string& why) {
  pb::WatchResponse answer;
  fill_header(*answer.mutable_header(), service_.ids(), service_.keys().revision());
  answer.set_watch_id(id);
  answer.set_created(true);
  answer.set_canceled(true);
  answer.set_cancel_reason(why);
  send(call_, answer);
}

void WatchStream::create(const pb::WatchCreateRequest& request) {
  keyspace::KeyRange range{request.key(), request.range_end()};
  if (range.key.empty()) range.key = std::string(1, '\0');  // as etcd does
  service_.permissions().refresh(caller_);
  if (Status may = service_.permissions().may_read(caller_, range); may.code != Code::kOk) {
    return refuse(-1, may.message);
  }
  if (watches_.size() >= kWatchesMax) return call_.finish(not_now());
  int64_t id = request.watch_id();
  if (id == 0) {
    while (watches_.contains(next_id_)) ++next_id_;
    id = next_id_++;
  } else if (id < 0 || watches_.contains(id)) {
    return refuse(-1, "etcdserver: duplicate watch ID");
  }
  keyspace::WatchOptions options;
  for (const int filter : request.filters()) {
    if (filter == pb::WatchCreateRequest::NOPUT) options.puts = false;
    if (filter == pb::WatchCreateRequest::NODELETE) options.deletes = false;
  }
  auto watch = std::make_unique<OneWatch>(*this, id, request.prev_kv());
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
  for (const keyspace::EventPtr& event : begin.replay) tell(id, *event, request.prev_kv());
  if (request.progress_notify()) watch->report_progress(service_.deadlines(), now);
  watches_.emplace(id, std::move(watch));
}

}  // namespace

std::unique_ptr<grpc::CallHandler> watch_stream(EtcdService& service, grpc::Call& call, Permissions::Caller caller) {
  return std::make_unique<WatchStream>(service, call, std::move(caller));
}

}  // namespace discovery::protocol::etcd
