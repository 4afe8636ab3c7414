// What servers of tests answer.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/intrusive_list.h"
#include "codec/http.h"
#include "net/reactor.h"

namespace discovery::net {

/// Shared by the handlers of all reactors.
struct Board {
  std::atomic<int> parked{0};
  std::atomic<int> destroyed{0};
};

/// /ip: the client's address; /thread: the reactor's name; /big: ten million bytes; /park: parked until /wake on the
/// same reactor; anything else: the path.
class TestHandler final : public codec::HttpHandler, public TurnHook {
 public:
  TestHandler(Reactor& reactor, Board& board) : reactor_(reactor), board_(board) { reactor.add_hook(*this); }

  void handle(const codec::HttpRequest& request, codec::HttpReply& reply, codec::HttpExchange& exchange) override {
    if (request.path == "/park") {
      auto parked = std::make_unique<Parked>(board_, exchange);
      waiting_.push_back(*parked);
      exchange.park(std::move(parked));
    } else if (request.path == "/wake") {
      wake_ = true;
      reactor_.request_turn();
      reply.append("ok");
    } else if (request.path == "/ip") {
      reply.append(request.client->ip + (request.client->loopback ? " loopback" : ""));
    } else if (request.path == "/thread") {
      reply.append(reactor_.on_own_thread() ? reactor_.name() : "another");
    } else if (request.path == "/big") {
      static const auto big = std::make_shared<const SharedText>(std::string(10'000'000, 'x'));
      reply.share(big);
    } else {
      reply.append(request.path);
    }
  }
  std::optional<TimePoint> on_turn(TimePoint) override {
    if (std::exchange(wake_, false)) {
      while (!waiting_.empty()) waiting_.pop_front().exchange_.resume();
    }
    return std::nullopt;
  }

 private:
  struct Parked final : public codec::ParkedRequest, public ListNode<> {
    Parked(Board& board, codec::HttpExchange& exchange) : board_(board), exchange_(exchange) { ++board_.parked; }
    ~Parked() override { ++board_.destroyed; }
    void write_answer(codec::HttpReply& reply) override { reply.append("woken"); }
    void write_drain_answer(codec::HttpReply& reply) override { reply.append("drained"); }
    Board& board_;
    codec::HttpExchange& exchange_;
  };

  Reactor& reactor_;
  Board& board_;
  IntrusiveList<Parked> waiting_;
  bool wake_ = false;
};

}  // namespace discovery::net
