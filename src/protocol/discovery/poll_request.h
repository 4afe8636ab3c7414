// One parked poll or polls (spec: discovery-api.md 7.5 to 7.7, D4 to D6, D20, D25).
//
//   Waiting --change that concerns it--> answer: what changed or is newer
//      |
//      +--deadline--> Waiting was for news: -304;  Waiting was an empty hold (D4): code 0 with the empty lists
//
// Lifecycle: owned by its session (codec::ParkedRequest); waking makes the session ask for the answer and destroy it.
// Thread: its reactor. It holds no buffer: lists are rendered when they are sent, once for all waiters.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "codec/http.h"
#include "protocol/discovery/api.h"
#include "registry/poll_hub.h"

namespace discovery::protocol {

class PollRequest final : public codec::ParkedRequest, private registry::PollHub::Waiter {
 public:
  struct Options {
    bool single = false;  ///< poll, not polls
    std::string_view zone;
    std::string_view callback;
  };

  PollRequest(DiscoveryApi& api, codec::HttpExchange& exchange, size_t apps, const Options& options,
              TimePoint received_at);
  ~PollRequest() override;

  using Waiter::admitted;
  using Waiter::join;

  /// Waits for a change; -304 at the deadline.
  void wait(TimePoint deadline) { rest(deadline); }
  /// Waits for a change; what is newer, though empty, at the deadline.
  void hold(TimePoint deadline) {
    holding_ = true;
    rest(deadline);
  }
  /// For a request that is answered after all before it waited: no hang-up is counted.
  void abandon() { answered_ = true; }

  void write_answer(codec::HttpReply& reply) override;
  void write_drain_answer(codec::HttpReply& reply) override;

 private:
  struct Extras {
    std::string zone;
    std::string callback;
  };

  size_t wake(registry::PollHub::Reason reason, TimePoint now) override;
  bool concerned(TimePoint now) override;

  [[nodiscard]] std::string_view zone() const { return extras_ ? std::string_view(extras_->zone) : ""; }
  [[nodiscard]] std::string_view callback() const { return extras_ ? std::string_view(extras_->callback) : ""; }
  /// Something to tell: a change while waiting or, unless only changes count, a timestamp above the client's.
  [[nodiscard]] bool has_news(bool changes_only);

  DiscoveryApi& api_;
  codec::HttpExchange& exchange_;
  std::unique_ptr<Extras> extras_;  ///< most polls have neither
  TimePoint received_at_;
  TimePoint woken_at_{};
  bool single_;
  bool holding_ = false;
  bool news_ = false;
  bool answered_ = false;
};

/// An application's part in the answer to polls.
struct PolledApp {
  std::string_view appid;
  registry::SharedBytes bytes;  ///< null: unknown
};

/// `{"code":0,"message":"0","data":{appid: list},"error":{"-404":[unknown] or null}}`
void write_polls_answer(codec::HttpReply& reply, std::string_view callback, std::span<const PolledApp> apps);
/// `{"code":-404,"message":"APP not found"}`
void write_poll_not_found(codec::HttpReply& reply, std::string_view callback, std::string_view appid);
/// The answer of fetch.
void write_poll_answer(codec::HttpReply& reply, std::string_view callback, registry::SharedBytes bytes);

}  // namespace discovery::protocol
