// Writes that come before the node can number them: parked whole, and executed when the gate opens
// (spec: replication.md 2.3, "Version clock": early writes wait, they are not refused).
//
// A client that hangs up while it waits has written nothing: its request is destroyed unexecuted. One that the node
// sends away because it drains gets -500, nothing executed either. Lifecycle: one per DiscoveryApi; sessions, and with
// them the requests, go before it. Thread: its reactor. Limits: kWaitingMax requests and kBytesMax of them, then -500;
// kPerTurn executed at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/intrusive_list.h"
#include "base/time.h"
#include "codec/http.h"
#include "protocol/discovery/routes.h"

namespace discovery::protocol {

class DiscoveryApi;

class WriteGate {
 public:
  static constexpr size_t kWaitingMax = 10000;
  static constexpr size_t kBytesMax = size_t{64} * 1024 * 1024;
  static constexpr size_t kPerTurn = 256;

  class GatedWrite;

  explicit WriteGate(DiscoveryApi& api) : api_(api) {}

  /// The request, ready to be parked; null where there is no room.
  std::unique_ptr<codec::ParkedRequest> enter(Route route, const codec::HttpRequest& request,
                                              codec::HttpExchange& exchange);
  /// Executes and answers kPerTurn of those that wait, oldest first. True: there are more.
  bool open(TimePoint now);
  [[nodiscard]] size_t waiting() const { return waiting_; }

 private:
  DiscoveryApi& api_;
  IntrusiveList<GatedWrite> queue_;
  size_t waiting_ = 0;
  size_t bytes_ = 0;
};

/// A write with copies of all it needs; header fields are not among them, no write reads any.
class WriteGate::GatedWrite final : public codec::ParkedRequest, public ListNode<> {
 public:
  GatedWrite(WriteGate& gate, Route route, const codec::HttpRequest& request, codec::HttpExchange& exchange);
  ~GatedWrite() override;

  static size_t bytes_of(const codec::HttpRequest& request);
  /// Destroys this object.
  void execute(TimePoint now);

  void write_answer(codec::HttpReply& reply) override;
  void write_drain_answer(codec::HttpReply& reply) override;

 private:
  [[nodiscard]] codec::HttpRequest request() const;

  WriteGate& gate_;
  codec::HttpExchange& exchange_;
  const Route route_;
  const codec::Method method_;
  const int version_minor_;
  TimePoint at_;  ///< when it came; then when it is executed
  const std::string query_;
  const std::string body_;
  const std::string content_type_;
  const std::string authorization_;
  const codec::HttpField credentials_;  ///< the only field that counts later
  const codec::ClientAddress client_;
  const size_t bytes_;
};

}  // namespace discovery::protocol
