// Deadlines of many objects behind one timer: a hashed wheel (Varghese, Lauck 1987) of 4,096 slots.
//
// It differs from the paper in that an entry stands in the slot of its deadline *clamped to the horizon*: when the
// hand reaches an entry that is not due yet, it is put
// further on. So deadlines of any length cost one list node, and only those beyond the horizon (4,095 ticks; 81.9 s at
// 20 ms) are touched more than once. A bitmap of used slots finds the next one, so an idle wheel needs no ticking.
//
// Lifecycle: an entry is owned by its object and leaves the wheel when destroyed. Thread: none of its own; one wheel
// belongs to one reactor. Cost: schedule and cancel O(1), next_wake O(slots / 64).
// Precision: an entry fires at most one tick after its deadline, never before it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "base/intrusive_list.h"
#include "base/time.h"

namespace discovery {

struct TimerTag;

class TimerEntry : public ListNode<TimerTag> {
 public:
  virtual ~TimerEntry() = default;
  virtual void on_deadline(TimePoint now) = 0;
  [[nodiscard]] TimePoint deadline() const { return deadline_; }

 private:
  friend class TimerWheel;
  TimePoint deadline_{};
};

/// Where an object puts its deadline: a bare wheel, or a reactor that also sees to it that its wheel is advanced in
/// time.
class Deadlines {
 public:
  /// Puts the entry in, or moves it. A deadline in the past fires at the next turn.
  virtual void schedule(TimerEntry& entry, TimePoint deadline) = 0;

 protected:
  ~Deadlines() = default;
};

class TimerWheel final : public Deadlines {
 public:
  static constexpr int64_t kSlots = 4096;
  static constexpr Duration kTick = std::chrono::milliseconds(20);

  explicit TimerWheel(TimePoint start) : hand_(tick_of(start)) {}

  void schedule(TimerEntry& entry, TimePoint deadline) override {
    entry.unlink();
    entry.deadline_ = deadline;
    place(entry);
  }
  static void cancel(TimerEntry& entry) { entry.unlink(); }

  /// Calls on_deadline of every entry due at `now`. An entry is out of the wheel when it is called; it may schedule,
  /// cancel and destroy entries, itself included; what it schedules never fires within the same advance().
  void advance(TimePoint now) {
    const int64_t last = now.time_since_epoch() / kTick;  // slots up to and including the tick that has ended by now
    if (last < hand_) return;
    // A long pause visits each slot once; more rounds would find the same entries.
    int64_t tick = std::max(hand_, last - kSlots + 1);
    hand_ = last + 1;  // moved on first: what is scheduled meanwhile goes into slots still to come
    for (; tick <= last; ++tick) run_slot(slot_of(tick), now);
  }

  /// When advance() has something to do at the earliest; none when the wheel is empty.
  [[nodiscard]] std::optional<TimePoint> next_wake() {
    for (int64_t i = 0; i < kSlots;) {
      const auto slot = slot_of(hand_ + i);
      const uint64_t word = used_[slot / 64] >> (slot % 64);
      if (word == 0) {
        i += 64 - static_cast<int64_t>(slot % 64);
        continue;
      }
      const int64_t tick = hand_ + i + __builtin_ctzll(word);
      if (tick >= hand_ + kSlots) break;  // wrapped within the first word: seen already
      if (!slots_[slot_of(tick)].empty()) return TimePoint(tick * kTick);
      used_[slot_of(tick) / 64] &= ~(1ULL << (slot_of(tick) % 64));  // its entries were cancelled
    }
    return std::nullopt;
  }

 private:
  using Slot = IntrusiveList<TimerEntry, TimerTag>;

  /// The first tick that begins at or after t, so that nothing fires early.
  static int64_t tick_of(TimePoint t) { return (t.time_since_epoch() + kTick - Duration(1)) / kTick; }
  static size_t slot_of(int64_t tick) { return static_cast<size_t>(tick & (kSlots - 1)); }

  void place(TimerEntry& entry) {
    int64_t tick = tick_of(entry.deadline_);
    if (tick < hand_) tick = hand_;
    if (tick > hand_ + kSlots - 1) tick = hand_ + kSlots - 1;
    const size_t slot = slot_of(tick);
    slots_[slot].push_back(entry);
    used_[slot / 64] |= 1ULL << (slot % 64);
  }
  void run_slot(size_t slot, TimePoint now) {
    if (!(used_[slot / 64] >> (slot % 64) & 1)) return;
    used_[slot / 64] &= ~(1ULL << (slot % 64));
    Slot due;
    due.append(slots_[slot]);
    while (!due.empty()) {
      TimerEntry& entry = due.pop_front();
      if (entry.deadline_ <= now) {
        entry.on_deadline(now);
      } else {
        place(entry);  // beyond the horizon when it was placed
      }
    }
  }

  int64_t hand_;  ///< the next tick to run
  std::array<Slot, kSlots> slots_;
  std::array<uint64_t, kSlots / 64> used_{};
};

}  // namespace discovery
