// A session with everything around it made of test pieces: a clock that is set, a bare timer wheel, a handler whose
// answers depend on the path.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/intrusive_list.h"
#include "base/set_clock.h"
#include "net/session.h"
#include "unit/net/fake_transport.h"

namespace discovery::net {

class WheelDeadlines final : public Deadlines {
 public:
  explicit WheelDeadlines(TimePoint start) : wheel_(start) {}
  void schedule(TimerEntry& entry, TimePoint deadline) override {
    ++schedules_;
    wheel_.schedule(entry, deadline);
  }
  void advance(TimePoint now) { wheel_.advance(now); }
  [[nodiscard]] int schedules() const { return schedules_; }

 private:
  TimerWheel wheel_;
  int schedules_ = 0;
};

/// Answers by path:
///   /echo    the body of the request, the method and the path in headers
///   /park    parked; answered "woken" or, draining, "drained"
///   /shared  own text, shared(the size in the query), own text
///   /common  own text and a list that all answers share
///   /many    200 shared parts of three bytes between own ones
///   /stream  "begin," then pieces up to the number in the query
///   /close   "bye" with reply.close
///   /empty   204
///   /plain   "plain", as does what begins or ends with it
class ScriptedHandler final : public codec::HttpHandler {
 public:
  struct Parked final : public codec::ParkedRequest, public ListNode<> {
    Parked(ScriptedHandler& handler, codec::HttpExchange& the_exchange) : owner(handler), exchange(the_exchange) {
      ++owner.parked_made;
    }
    ~Parked() override { ++owner.parked_destroyed; }
    void write_answer(codec::HttpReply& reply) override { reply.append("woken"); }
    void write_drain_answer(codec::HttpReply& reply) override { reply.append("drained"); }
    bool write_moving_answer(codec::HttpReply& reply) override {
      if (owner.may_move) reply.append("again");
      return owner.may_move;
    }
    ScriptedHandler& owner;
    codec::HttpExchange& exchange;
  };
  struct Pieces final : public codec::BodySource {
    explicit Pieces(int n) : left(n) {}
    bool next(std::string& out) override {
      if (left == 0) return false;
      out.append(std::string(1000, static_cast<char>('a' + left % 26)));
      return --left > 0;
    }
    int left;
  };

  void handle(const codec::HttpRequest& request, codec::HttpReply& reply, codec::HttpExchange& exchange) override {
    ++handled;
    const int number = std::atoi(std::string(request.query).c_str());
    if (request.path == "/park") {
      auto parked = std::make_unique<Parked>(*this, exchange);
      waiting.push_back(*parked);
      exchange.park(std::move(parked));
    } else if (request.path == "/shared") {
      reply.append("<");
      reply.share(std::make_shared<const SharedText>(std::string(static_cast<size_t>(number), 's')));
      reply.append(">");
    } else if (request.path == "/common") {
      reply.append("<");
      reply.share(common);
    } else if (request.path == "/many") {
      const auto part = std::make_shared<const SharedText>("abc");
      for (int i = 0; i < 200; ++i) {
        reply.append(",");
        reply.share(part);
      }
    } else if (request.path == "/stream") {
      reply.append("begin,");
      reply.stream(std::make_unique<Pieces>(number));
    } else if (request.path == "/close") {
      reply.append("bye");
      reply.close = true;
    } else if (request.path.starts_with("/plain") || request.path.ends_with("/plain")) {
      reply.append("plain");
    } else if (request.path == "/empty") {
      reply.status = 204;
    } else {
      reply.add_header("X-Path: " + std::string(request.path));
      reply.append(request.body);
    }
  }

  /// Answers the oldest parked request.
  size_t wake_one() { return waiting.pop_front().exchange.resume(); }

  const SharedBytes common = std::make_shared<const SharedText>(std::string(100'000, 's'));
  IntrusiveList<Parked> waiting;
  bool may_move = true;  ///< the parked
  int handled = 0;
  int parked_made = 0;
  int parked_destroyed = 0;
};

struct SessionFixture {
  explicit SessionFixture(SessionLimits limits = {}, codec::HttpLimits http = {},
                          size_t partial_max = size_t{64} * 1024 * 1024)
      : deadlines(clock.now()),
        partial(partial_max),
        context(handler, deadlines, clock, stats, limits, http, partial),
        session(context, transport, {"192.0.2.1", 4711, false}) {
    session.start();
  }

  /// The client sends that in one piece, and everything that can happen does. Returns what was written.
  std::string talk(std::string bytes) {
    transport.client_sends(std::move(bytes));
    return run();
  }
  std::string run() {
    EXPECT_TRUE(transport.run(session)) << "never comes to rest";
    return transport.take_written();
  }
  void advance(Duration by) {
    clock.advance(by);
    deadlines.advance(clock.now());
  }
  [[nodiscard]] uint64_t timeouts(TimeoutKind kind) const { return stats.timeouts[static_cast<size_t>(kind)].get(); }

  SetClock clock;
  WheelDeadlines deadlines;
  ReactorStats stats;
  codec::PartialBytes partial;
  ScriptedHandler handler;
  SessionContext context;
  FakeTransport transport;
  Session session;
};

inline constexpr std::string_view kDate = "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n";  ///< of SetClock's start

/// An answer as the session renders it at the start of the clock.
inline std::string answer(int status, std::string_view reason, std::string_view headers, std::string_view body,
                          bool close = false) {
  return "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason) + "\r\n" + std::string(kDate) +
         "Content-Type: text/plain; charset=utf-8\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + (close ? "Connection: close\r\n" : "") + "\r\n" + std::string(body);
}
inline std::string ok(std::string_view body, bool close = false) { return answer(200, "OK", "", body, close); }
inline std::string echo_of(std::string_view path, std::string_view body, bool close = false) {
  return answer(200, "OK", "X-Path: " + std::string(path) + "\r\n", body, close);
}
inline std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}
inline std::string post(std::string_view target, std::string_view body) {
  return "POST " + std::string(target) + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

}  // namespace discovery::net
