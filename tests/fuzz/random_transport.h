// What stands around a conversation under fuzz: a clock, a wheel, and a transport that cuts bytes at random.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/timer_wheel.h"
#include "fuzz/fuzz_target.h"
#include "net/transport.h"

namespace discovery::fuzz {

using net::IoResult;

class StillClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return time; }
  TimePoint time = from_wire_ns(1'700'000'000'000'000'000);
};

class Wheel final : public Deadlines {
 public:
  explicit Wheel(TimePoint start) : wheel(start) {}
  void schedule(TimerEntry& entry, TimePoint deadline) override { wheel.schedule(entry, deadline); }
  TimerWheel wheel;
};

/// Reads the input in random pieces and takes random pieces of what is written.
class RandomTransport final : public net::Transport {
 public:
  RandomTransport(std::string_view input, bool ragged, uint64_t seed) : random(seed), left(input), ragged_(ragged) {}

  IoResult read(std::span<char> into) override {
    FUZZ_CHECK(!closed);
    if (left.empty()) return {IoResult::Kind::kEnd, 0};
    if (ragged_ && random.below(8) == 0) return {IoResult::Kind::kWouldBlock, 0};
    const size_t most = std::min(into.size(), left.size());
    const size_t n = ragged_ ? 1 + random.below(most) : most;
    std::copy_n(left.begin(), n, into.begin());
    left.remove_prefix(n);
    return {IoResult::Kind::kDone, n};
  }
  IoResult write(std::span<const std::string_view> pieces) override {
    FUZZ_CHECK(!closed && !shut && !pieces.empty() && pieces.size() <= kGatherMax);
    if (ragged_ && random.below(4) == 0) return {IoResult::Kind::kWouldBlock, 0};
    size_t room = ragged_ ? 1 + random.below(200) : static_cast<size_t>(-1);
    size_t taken = 0;
    for (const std::string_view piece : pieces) {
      const std::string_view part = piece.substr(0, room);
      written.append(part);
      taken += part.size();
      room -= part.size();
    }
    return {IoResult::Kind::kDone, taken};
  }
  void wait_readable() override { reads = true; }
  void wait_writable() override { writes = true; }
  void call_soon() override { soon = true; }
  void shutdown_send() override { shut = true; }
  void close() override {
    FUZZ_CHECK(!closed);
    closed = true;
  }

  SeededRandom random;
  std::string_view left;
  std::string written;
  bool reads = false;
  bool writes = false;
  bool soon = false;
  bool shut = false;
  bool closed = false;

 private:
  const bool ragged_;
};

}  // namespace discovery::fuzz
