// A write that is done and waits, a few milliseconds at most, for one peer to have it before the client is told
// (spec: replication.md 2.5, R6; off by default).
//
//   applied --park--> Waiting --a peer has it: acknowledged()--> answer
//                        \--ack_wait is over, or the node drains--> the same answer: it is done here
//
// Lifecycle: owned by its session. Thread: its reactor. Limits: kWaitingMax per reactor; past it nobody waits.
// A client that hangs up has written all the same; its answer is not counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/intrusive_list.h"
#include "base/timer_wheel.h"
#include "codec/http.h"
#include "protocol/discovery/routes.h"

namespace discovery::protocol {

class ApiObserver;
class AckedWrite;

/// Those of one reactor, oldest first, which is in order of their tickets.
class AckWaits {
 public:
  static constexpr size_t kWaitingMax = 10000;

  /// All that was written up to this ticket is known to a peer: answers the writes that waited for it.
  void acknowledged(uint64_t ticket);
  [[nodiscard]] bool full() const { return waiting_ >= kWaitingMax; }
  [[nodiscard]] size_t waiting() const { return waiting_; }

 private:
  friend class AckedWrite;
  IntrusiveList<AckedWrite> queue_;
  size_t waiting_ = 0;
};

class AckedWrite final : public codec::ParkedRequest, public ListNode<>, private TimerEntry {
 public:
  struct What {
    Route route;
    std::string callback;
    TimePoint received_at;
    uint64_t ticket;
  };

  AckedWrite(AckWaits& waits, codec::HttpExchange& exchange, ApiObserver& observer, What what);
  ~AckedWrite() override;

  void wait(Deadlines& deadlines, TimePoint until) { deadlines.schedule(*this, until); }
  [[nodiscard]] uint64_t ticket() const { return what_.ticket; }
  /// Destroys this object.
  void answer();

  void write_answer(codec::HttpReply& reply) override;
  void write_drain_answer(codec::HttpReply& reply) override;

 private:
  void on_deadline(TimePoint /*now*/) override { answer(); }

  AckWaits& waits_;
  codec::HttpExchange& exchange_;
  ApiObserver& observer_;
  const What what_;
};

}  // namespace discovery::protocol
