// Writes that are done here, and whose answers wait until every node that can be reached has them, or the bound is over
// (etcd-api.md 6.2, R4).
//
// Lifecycle: one per reactor; a waiting write leaves it when its call ends. Thread: its reactor's.
#pragma once

#include <cstdint>

#include "base/intrusive_list.h"
#include "base/timer_wheel.h"

namespace discovery::protocol::etcd {

class WriteWaits {
 public:
  class Waiting : public ListNode<>, private TimerEntry {
   public:
    ~Waiting() override = default;

   protected:
    /// Once: everybody has it, or the time is over. It is in no list any more.
    virtual void written() = 0;

   private:
    friend class WriteWaits;
    void on_deadline(TimePoint /*now*/) override {
      static_cast<ListNode<>&>(*this).unlink();
      written();
    }
    uint64_t ticket_ = 0;
  };

  void wait(Waiting& one, uint64_t ticket, Deadlines& deadlines, TimePoint until) {
    one.ticket_ = ticket;
    waiting_.push_back(one);
    deadlines.schedule(one, until);
  }

  /// Every node that can be reached has all that was written up to that ticket.
  void everywhere(uint64_t ticket) {
    IntrusiveList<Waiting> all;
    all.append(waiting_);
    while (!all.empty()) {
      Waiting& one = all.pop_front();
      if (one.ticket_ > ticket) {
        waiting_.push_back(one);
        continue;
      }
      static_cast<ListNode<TimerTag>&>(one).unlink();
      one.written();
    }
  }
  /// Answers them all: the node stops.
  void release() { everywhere(UINT64_MAX); }

 private:
  IntrusiveList<Waiting> waiting_;
};

}  // namespace discovery::protocol::etcd
