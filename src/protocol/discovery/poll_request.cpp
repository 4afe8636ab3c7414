#include "protocol/discovery/poll_request.h"

#include <algorithm>
#include <vector>

#include "codec/json_writer.h"

namespace discovery::protocol {

PollRequest::PollRequest(DiscoveryApi& api, codec::HttpExchange& exchange, size_t apps, const Options& options,
                         TimePoint received_at)
    : Waiter(api.hub_, apps), api_(api), exchange_(exchange), received_at_(received_at), single_(options.single) {
  if (options.zone.empty() && options.callback.empty()) return;
  extras_ = std::make_unique<Extras>(Extras{std::string(options.zone), std::string(options.callback)});
}

PollRequest::~PollRequest() {
  if (!answered_) api_.observer_.poll_hung_up();
}

bool PollRequest::has_news(bool changes_only) {
  bool news = false;
  for (registry::Watch& w : watches()) {
    const auto state = api_.registry_.look({w.app->key.env, w.app->key.appid}, zone());
    // A change that was marked but not flushed yet counts; else a cursor from the future would sleep through it.
    const bool changed = w.changed_at != TimePoint{} || w.app->linked();
    const bool newer = !changes_only && state.zone_known && state.latest_timestamp_ns > w.cursor_ns;
    if (changed && w.changed_at == TimePoint{}) w.changed_at = w.app->changed_at;
    // What was unknown and still is, is no news: a client would ask again at once (D6).
    news |= newer || (changed && (state.zone_known || w.known));
  }
  return news;
}

// While it holds, something is newer already; that it keeps back until a change that matters, or the end of the hold.
bool PollRequest::concerned(TimePoint /*now*/) { return has_news(holding_); }

size_t PollRequest::wake(registry::PollHub::Reason reason, TimePoint now) {
  woken_at_ = now;
  news_ = reason == registry::PollHub::Reason::kChange || has_news(false);
  Duration since_change{};
  for (const registry::Watch& w : watches()) {
    if (w.changed_at != TimePoint{}) since_change = std::max(since_change, now - w.changed_at);
  }
  DiscoveryApi& api = api_;
  const size_t bytes = exchange_.resume();  // destroys this object
  api.observer_.poll_woken(reason, since_change, bytes);
  return bytes;
}

void PollRequest::write_answer(codec::HttpReply& reply) {
  answered_ = true;
  const Route route = single_ ? Route::kPoll : Route::kPolls;
  if (!news_) {
    Envelope(reply, callback()).whole(Code::kNotModified);
    api_.observer_.answered(route, Code::kNotModified, received_at_);
    return;
  }
  std::vector<PolledApp> apps;
  bool any_listed = false;
  for (registry::Watch& w : watches()) {
    const registry::AppKeyView key{w.app->key.env, w.app->key.appid};
    const auto state = api_.registry_.look(key, zone());
    const bool due = w.changed_at != TimePoint{} || state.latest_timestamp_ns > w.cursor_ns;
    if (state.zone_known && !due) continue;  // its list is not even rendered
    auto seen = api_.view(key, {1, zone()}, woken_at_);
    any_listed |= seen.bytes && seen.in_service;
    apps.push_back({key.appid, std::move(seen.bytes)});
  }
  Code code = Code::kOk;
  if (!single_) {
    write_polls_answer(reply, callback(), apps);
  } else if (apps.empty() || !apps.front().bytes) {
    write_poll_not_found(reply, callback(), watches().front().app->key.appid);
    code = Code::kNotFound;
  } else {
    write_poll_answer(reply, callback(), std::move(apps.front().bytes));
  }
  if (code == Code::kOk && !any_listed) api_.observer_.empty_answer();
  api_.observer_.answered(route, code, received_at_);
}

// -500 makes Go clients wait a second and go to another node (operations.md 2).
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
