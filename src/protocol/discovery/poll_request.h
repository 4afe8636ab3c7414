// One parked poll or polls (spec: discovery-api.md 7.5 to 7.7, D4 to D6, D20, D25).
//
// What it waits for, and for how long, is decided by registry::PollState; this is that decision with a session, a place
// in the hub and an answer. A change, or the time to look again, leads to a review; its outcome to rest on, or to
// answer.
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
#include "registry/poll_state.h"

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

  /// Enters the next application. kExhausted: no room.
  Result<void> watch(registry::AppKeyView app, std::string_view zone, int64_t cursor_ns);
  /// From now on it may be woken. False: it has an answer at once and must not be parked.
  [[nodiscard]] bool wait(TimePoint now, TimePoint deadline);
  /// For a request that is answered after all before it waited: no hang-up is counted.
  void abandon() { answered_ = true; }

  void write_answer(codec::HttpReply& reply) override;
  void write_drain_answer(codec::HttpReply& reply) override;
  bool write_moving_answer(codec::HttpReply& reply) override;

 private:
  class Sight;

  size_t wake(registry::PollHub::Reason reason, TimePoint now) override;
  bool concerned(TimePoint now) override;
  /// True: there is an answer. False: it rests on until it has to look again.
  bool review(TimePoint now);
  [[nodiscard]] std::string_view zone() const { return texts_ ? text(0) : ""; }
  [[nodiscard]] std::string_view callback() const { return texts_ ? text(sizeof(uint32_t) + zone().size()) : ""; }
  [[nodiscard]] std::string_view text(size_t at) const;
  [[nodiscard]] registry::AppState look(size_t i);
  [[nodiscard]] registry::AppKeyView key_of(size_t i);

  DiscoveryApi& api_;
  codec::HttpExchange& exchange_;
  std::unique_ptr<char[]> texts_;  ///< zone and callback, each with its length in front; null: neither
  TimePoint received_at_;
  TimePoint reviewed_at_{};
  registry::PollState state_;
  registry::PollState::Act act_ = registry::PollState::Act::kRest;  ///< as the last review said
  bool single_;
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
