#include "protocol/discovery/poll_request.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "codec/json_writer.h"

namespace discovery::protocol {

using registry::PollState;

PollRequest::PollRequest(DiscoveryApi& api, codec::HttpExchange& exchange, size_t apps, const Options& options,
                         TimePoint received_at)
    : Waiter(api.hub_, apps),
      api_(api),
      exchange_(exchange),
      received_at_(received_at),
      reviewed_at_(received_at),
      state_(admitted() ? apps : 0, options.single),
      single_(options.single) {
  if (options.zone.empty() && options.callback.empty()) return;
  texts_.reset(new char[2 * sizeof(uint32_t) + options.zone.size() + options.callback.size()]);
  char* at = texts_.get();
  for (const std::string_view s : {options.zone, options.callback}) {
    const auto bytes = static_cast<uint32_t>(s.size());
    std::memcpy(at, &bytes, sizeof bytes);
    at += sizeof bytes;
    at += s.copy(at, s.size());
  }
}

std::string_view PollRequest::text(size_t at) const {
  uint32_t bytes = 0;
  std::memcpy(&bytes, texts_.get() + at, sizeof bytes);
  return {texts_.get() + at + sizeof bytes, bytes};
}

PollRequest::~PollRequest() {
  if (!answered_) api_.observer_.poll_hung_up();
}

Result<void> PollRequest::watch(registry::AppKeyView app, std::string_view zone, int64_t cursor_ns) {
  const auto joined = join(app, zone, cursor_ns, received_at_);
  if (!joined) return joined.error();
  state_.add(*joined, cursor_ns, received_at_, api_.settings_.polls);
  return {};
}

bool PollRequest::wait(TimePoint now, TimePoint deadline) {
  const PollState::Step step = state_.begin(now, deadline, api_.settings_.polls);
  if (step.act != PollState::Act::kRest) return false;
  rest(step.look_again);
  return true;
}

registry::AppKeyView PollRequest::key_of(size_t i) {
  const registry::AppKey& key = watches()[i].app->key;
  return {key.env, key.appid};
}

registry::AppState PollRequest::look(size_t i) { return api_.registry_.look(key_of(i), zone()); }

/// What a review asks, put to the registry and the cluster.
class PollRequest::Sight final : public registry::PollSight {
 public:
  explicit Sight(PollRequest& request) : r_(request) {}

  registry::AppState look(size_t i) override { return r_.look(i); }
  // A change that was marked but not flushed yet counts; else a cursor from the future would sleep through it.
  bool changed(size_t i) override {
    registry::Watch& w = r_.watches()[i];
    if (w.changed_at == TimePoint{} && w.app->linked()) w.changed_at = w.app->changed_at;
    return w.changed_at != TimePoint{};
  }
  TimePoint hold_cursor(size_t i, int64_t cursor_ns, TimePoint now) override {
    return r_.api_.registry_.hold_cursor(r_.key_of(i), cursor_ns, now);
  }
  void told_held(size_t i, int64_t cursor_ns) override { r_.api_.registry_.told_held(r_.key_of(i), cursor_ns); }
  registry::AppState pass_cursor(size_t i, int64_t cursor_ns) override {
    registry::Wake wake;
    const auto state = r_.api_.registry_.pass_cursor(r_.key_of(i), r_.zone(), cursor_ns, r_.reviewed_at_, wake);
    r_.api_.changes_.changed(wake, r_.reviewed_at_);
    return state;
  }
  bool all_peers_heard() const override { return r_.api_.cluster_.all_peers_heard(r_.reviewed_at_); }

 private:
  PollRequest& r_;
};

bool PollRequest::review(TimePoint now) {
  reviewed_at_ = now;
  Sight sight(*this);
  const PollState::Step step = state_.review(now, sight, api_.settings_.polls);
  act_ = step.act;
  if (act_ != PollState::Act::kRest) return true;
  if (!step.paused) {
    for (registry::Watch& w : watches()) w.changed_at = {};
  }
  rest(step.look_again);
  return false;
}

bool PollRequest::concerned(TimePoint now) { return review(now); }

size_t PollRequest::wake(registry::PollHub::Reason reason, TimePoint now) {
  if (reason == registry::PollHub::Reason::kDeadline && !review(now)) return 0;
  Duration since_change{};
  for (const registry::Watch& w : watches()) {
    if (w.changed_at == TimePoint{}) continue;
    since_change = std::max(since_change, now - w.changed_at);
    if (act_ == PollState::Act::kAnswer) reason = registry::PollHub::Reason::kChange;  // a pause may have come between
  }
  DiscoveryApi& api = api_;
  const size_t bytes = exchange_.resume();  // destroys this object
  api.observer_.poll_woken(reason, since_change, bytes);
  return bytes;
}

void PollRequest::write_answer(codec::HttpReply& reply) {
  answered_ = true;
  const Route route = single_ ? Route::kPoll : Route::kPolls;
  if (act_ == PollState::Act::kNotModified) {
    Envelope(reply, callback()).whole(Code::kNotModified);
    api_.observer_.answered(route, Code::kNotModified, received_at_);
    return;
  }
  std::vector<PolledApp> apps;
  bool any_listed = false;
  for (size_t i = 0; i < state_.size(); ++i) {
    const registry::AppKeyView key = key_of(i);
    if (!state_.listed(i) && look(i).zone_known) continue;  // its list is not even rendered
    auto seen = api_.view(key, {1, zone()}, reviewed_at_);
    any_listed |= seen.bytes && seen.in_service;
    apps.push_back({key.appid, std::move(seen.bytes)});
  }
  Code code = Code::kOk;
  if (!single_) {
    write_polls_answer(reply, callback(), apps);
  } else if (apps.empty() || !apps.front().bytes) {
    write_poll_not_found(reply, callback(), key_of(0).appid);
    code = Code::kNotFound;
  } else {
    write_poll_answer(reply, callback(), std::move(apps.front().bytes));
  }
  if (code == Code::kOk && !any_listed) api_.observer_.empty_answer();
  api_.observer_.answered(route, code, received_at_);
}

// -500 makes Go clients wait a second and go to another node (operations.md 2).
// "Nothing changed" is what every client asks again after, at once and at the same node.
bool PollRequest::write_moving_answer(codec::HttpReply& reply) {
  act_ = PollState::Act::kNotModified;
  write_answer(reply);
  return true;
}

void PollRequest::write_drain_answer(codec::HttpReply& reply) {
  answered_ = true;
  reply.close = true;
  Envelope(reply, callback()).whole(Code::kServerError);
  api_.observer_.poll_drained();
  api_.observer_.answered(single_ ? Route::kPoll : Route::kPolls, Code::kServerError, received_at_);
}

void write_polls_answer(codec::HttpReply& reply, std::string_view callback, std::span<const PolledApp> apps) {
  Envelope envelope(reply, callback);
  envelope.begin(Code::kOk);
  envelope.data();
  reply.append("{");
  bool first = true;
  for (const PolledApp& app : apps) {
    if (!app.bytes) continue;
    if (!first) reply.append(",");
    first = false;
    codec::append_json_string(reply.own(), app.appid);
    reply.append(":");
    reply.share(app.bytes);
  }
  reply.append(R"(},"error":{"-404":)");
  bool none = true;
  for (const PolledApp& app : apps) {
    if (app.bytes) continue;
    reply.append(none ? "[" : ",");
    none = false;
    codec::append_json_string(reply.own(), app.appid);
  }
  reply.append(none ? "null}" : "]}");
  envelope.finish();
}

void write_poll_not_found(codec::HttpReply& reply, std::string_view callback, std::string_view appid) {
  Envelope envelope(reply, callback);
  std::string message(appid);
  message += " not found";
  envelope.begin(Code::kNotFound, message);
  envelope.finish();
}

void write_poll_answer(codec::HttpReply& reply, std::string_view callback, registry::SharedBytes bytes) {
  Envelope envelope(reply, callback);
  envelope.begin(Code::kOk);
  envelope.ttl();
  envelope.data();
  reply.share(std::move(bytes));
  envelope.finish();
}

}  // namespace discovery::protocol
