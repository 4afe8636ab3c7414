// What the HTTP server counts. Every number is written by one reactor and read by anybody.
//
// Thread: a Counter has one writing thread, so adding needs no locked instruction; reading is relaxed.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace discovery::net {

class Counter {
 public:
  void add(uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  void subtract(uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed); }
  [[nodiscard]] uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

enum class TimeoutKind : uint8_t { kHead, kBody, kIdle, kWriteStall, kLinger };
inline constexpr size_t kTimeoutKinds = 5;

/// The statuses a request that cannot be read is answered with.
inline constexpr std::array<int, 8> kReadErrorStatuses = {400, 408, 413, 417, 431, 501, 503, 505};

/// Plain values, to add up over reactors.
struct ServerStats {
  uint64_t accepted = 0;
  uint64_t rejected = 0;  ///< over the connection limit or the limit of an address
  uint64_t open = 0;
  uint64_t parked = 0;
  uint64_t slow_writers = 0;  ///< answers of which a part waits for the client right now
  uint64_t requests = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  uint64_t accept_failures = 0;     ///< other than a lack of descriptors
  uint64_t descriptors_short = 0;   ///< EMFILE, ENFILE and the like while accepting
  uint64_t handshake_failures = 0;  ///< of TLS
  std::array<uint64_t, kTimeoutKinds> timeouts{};
  std::array<uint64_t, kReadErrorStatuses.size()> read_errors{};  ///< by kReadErrorStatuses

  void add(const ServerStats& other);
};

/// The longest of many durations since somebody asked last. One writing thread.
class Longest {
 public:
  void note(std::chrono::nanoseconds t) {
    if (t.count() > max_ns_.load(std::memory_order_relaxed)) max_ns_.store(t.count(), std::memory_order_relaxed);
  }
  [[nodiscard]] std::chrono::nanoseconds take() {
    return std::chrono::nanoseconds(max_ns_.exchange(0, std::memory_order_relaxed));
  }

 private:
  std::atomic<int64_t> max_ns_{0};
};

/// The same as one reactor counts it.
struct ReactorStats {
  Counter accepted, rejected, open, parked, slow_writers, requests, bytes_in, bytes_out, accept_failures,
      descriptors_short, handshake_failures;
  std::array<Counter, kTimeoutKinds> timeouts;
  std::array<Counter, kReadErrorStatuses.size()> read_errors;
  Longest lags;   ///< how late a timer fired
  Longest turns;  ///< each the work for one batch of ready sockets, due timers or hooks

  void count_timeout(TimeoutKind kind) { timeouts[static_cast<size_t>(kind)].add(); }
  void count_read_error(int status);
  [[nodiscard]] ServerStats snapshot() const;
};

/// Measures the turn it lives in.
class TurnWatch {
 public:
  explicit TurnWatch(ReactorStats& stats) : stats_(stats) {}
  ~TurnWatch() { stats_.turns.note(std::chrono::steady_clock::now() - begin_); }
  TurnWatch(const TurnWatch&) = delete;
  TurnWatch& operator=(const TurnWatch&) = delete;

 private:
  ReactorStats& stats_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace discovery::net
