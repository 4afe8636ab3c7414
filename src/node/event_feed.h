// Those who wait for what happens, as server-sent events: the page.
//
// A stream is a request that waits like a long poll: answered with all that happened since the event it names, or after
// kPatience with a tick, and then the browser comes again by itself (its EventSource does). So an idle page costs what
// a parked poll costs, and a node that drains can send it away.
//
//   GET /api/events --> wait() --every kLook: anything newer?--> clerk makes the text --> answer
//
// Lifecycle: one per reactor; source and clerk outlive it. Thread: its reactor's. Limits: kStreamsMax wait at a time.
// Source: HTML standard, "Server-sent events".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/timer_wheel.h"
#include "codec/http.h"
#include "net/reactor.h"
#include "net/worker.h"
#include "node/remote_answer.h"

namespace discovery::node {

/// What happened.
class EventSource {
 public:
  /// Of the latest event. Thread: any; quick.
  [[nodiscard]] virtual uint64_t last_event() const = 0;
  /// All after that number, as server-sent events; a tick when there is none. Thread: the clerk's.
  [[nodiscard]] virtual std::string events_text(uint64_t since, TimePoint now) const = 0;

 protected:
  ~EventSource() = default;
};

class EventFeed final : private TimerEntry {
 public:
  static constexpr size_t kStreamsMax = 256;
  static constexpr Duration kLook = std::chrono::milliseconds(250);
  static constexpr Duration kPatience = std::chrono::seconds(15);
  static constexpr std::string_view kContentType = "text/event-stream; charset=utf-8";

  EventFeed(net::Reactor& reactor, net::Worker& clerk) : reactor_(reactor), clerk_(clerk) {}

  /// Parks the request. False: too many wait.
  bool wait(const EventSource& source, uint64_t since, codec::HttpExchange& exchange);

 private:
  struct Stream {
    const EventSource* source;
    uint64_t since;
    TimePoint until;
    RemoteAnswer answer;
  };
  void on_deadline(TimePoint now) override;
  void answer(Stream&& stream, TimePoint now);

  net::Reactor& reactor_;
  net::Worker& clerk_;
  std::vector<Stream> streams_;
};

/// The number that a client names as the last it has seen: the field Last-Event-ID, or `since` of the query; without
/// either `absent`.
[[nodiscard]] uint64_t since_of(const codec::HttpRequest& request, uint64_t absent);

}  // namespace discovery::node
