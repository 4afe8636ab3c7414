// Whether a turn of the sockets should wait a moment for more of them to become ready.
//
// Requests that come thickly but one by one each cost the thread a sleep and a wake, about as much as the request
// itself. A pause of some 150 us lets them come together (decision 0025); this says when that pays: many connections
// are at work, at a high rate, and the thread is not busy anyway (then they come together by themselves).
//
// Pure: time comes in. Thread: its reactor's.
#pragma once

#include <bit>
#include <cstdint>

#include "base/time.h"

namespace discovery::net {

class Gathering {
 public:
  static constexpr Duration kWindow = std::chrono::milliseconds(10);  ///< what one verdict is made of
  static constexpr uint32_t kEventsMin = 100;                         ///< in a window: 10,000 a second
  /// Of 64; so few connections would wait for themselves, since each sends its next request after an answer.
  static constexpr int kMarksMin = 16;
  static constexpr int kBusyShareMax = 70;  ///< percent of a window at work

  [[nodiscard]] bool pays() const { return pays_; }

  /// A socket was ready. Connections are told apart by 64 marks, so it is an estimate.
  void note_event(const void* connection) {
    ++events_;
    const auto spread = reinterpret_cast<uintptr_t>(connection) * UINT64_C(0x9E3779B97F4A7C15);
    marks_ |= UINT64_C(1) << (spread >> 58);
  }

  /// After each turn, with its times without the pause.
  void note_turn(TimePoint begin, TimePoint end) {
    worked_ += end - begin;
    const Duration window = end - window_begin_;
    if (window < kWindow) return;
    const bool on_time = window < 2 * kWindow;  // else it was quiet in between
    pays_ = on_time && worked_ * 100 < window * kBusyShareMax && events_ >= kEventsMin &&
            std::popcount(marks_) >= kMarksMin;
    window_begin_ = end;
    worked_ = {};
    events_ = 0;
    marks_ = 0;
  }

 private:
  TimePoint window_begin_{};
  Duration worked_{};
  uint64_t marks_ = 0;
  uint32_t events_ = 0;
  bool pays_ = false;
};

}  // namespace discovery::net
