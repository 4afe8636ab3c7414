// The beginning of a connection on a port that speaks HTTP/2 and HTTP/1.1: reads until the first bytes tell which, then
// lets a Connection or a net::Session do everything.
//
//     nothing --> the preface so far --> all of it: Connection
//                        +--> anything else: Session, with the bytes that were read
//
// Lifecycle: as net::Conversation. Thread: one reactor's. Limits: Limits::preface until it is known; at most the
// preface is kept meanwhile.
// Source: RFC 9113 3.3 (prior knowledge), 3.4; with TLS the same bytes decide, whatever ALPN agreed on.
#pragma once

#include <array>
#include <memory>

#include "base/timer_wheel.h"
#include "grpc/connection.h"
#include "grpc/lane.h"
#include "net/conversation.h"
#include "net/session_context.h"

namespace discovery::grpc {

class Doorstep final : public net::Conversation, private TimerEntry {
 public:
  Doorstep(Lane& lane, net::SessionContext& context, net::Transport& transport, codec::ClientAddress client);

  void start() override;
  void on_readable() override;
  void on_writable() override;
  void on_soon() override;
  void drain() override;
  [[nodiscard]] bool release() override;
  void end_with_next_answer() override;
  [[nodiscard]] bool closed() const override { return inside_ ? inside_->closed() : closed_; }
  [[nodiscard]] bool parked() const override { return inside_ && inside_->parked(); }
  [[nodiscard]] const net::Session* http() const override { return inside_ ? inside_->http() : nullptr; }
  [[nodiscard]] const codec::ClientAddress& client() const override { return inside_ ? inside_->client() : client_; }

 private:
  void read();
  /// `bytes` lie in the shared buffer, those that were kept included.
  void decide(std::span<char> bytes);
  void close();
  void on_deadline(TimePoint now) override;

  Lane& lane_;
  net::SessionContext& context_;
  net::Transport& transport_;
  codec::ClientAddress client_;  ///< until it is known who goes on
  std::unique_ptr<net::Conversation> inside_;
  std::array<char, kPreface.size()> kept_{};
  uint8_t kept_bytes_ = 0;
  bool draining_ = false;
  bool closed_ = false;
};

}  // namespace discovery::grpc
