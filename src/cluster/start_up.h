// When a starting node may accept writes, and when it may show what it has (replication.md 2.3, 3.3).
//
// Writes: once the newest version of the cluster is known, i.e. one peer has said hello and every other was tried, or
// after kHelloWait. Reads: once every configured peer was synced or has been unreachable for kUnreachable, and at least
// one was synced; or after kReadyWait. With a snapshot: once everybody who answers was synced, or after kRecoveredWait;
// what it holds is some seconds old, and a list without what was registered since is one that a client had longer
// before. Alone, or taking over from another process of this node: both at once. Pure arithmetic on what it is told.
#pragma once

#include <cstddef>

#include "base/time.h"

namespace discovery::cluster {

class StartUp {
 public:
  static constexpr Duration kHelloWait = std::chrono::seconds(2);
  static constexpr Duration kRecoveredWait = std::chrono::seconds(2);
  static constexpr Duration kUnreachable = std::chrono::seconds(10);
  static constexpr Duration kReadyWait = std::chrono::seconds(60);

  /// What is known of the other nodes at a moment.
  struct Others {
    size_t known = 0;         ///< configured or discovered
    size_t greeted = 0;       ///< said hello, or turned out to be originals
    size_t tried = 0;         ///< answered or failed at least once
    size_t synced = 0;        ///< delivered all they have
    size_t given_up = 0;      ///< unreachable for kUnreachable, and not synced
    bool wait_whole = false;  ///< `enableprotect`: nothing but a sync or the minute ends the waiting
  };

  void begin(bool recovered, TimePoint now) {
    started_ = now;
    recovered_ = recovered;
  }
  /// Another process of this node served until now, and this one has all that it had: nothing is waited for.
  void take_over(TimePoint now) {
    begin(true, now);
    took_over_ = true;
  }
  /// True when something has changed.
  bool update(const Others& others, TimePoint now) {
    const bool accepted = accepts_writes_;
    const bool was_ready = ready_;
    accepts_writes_ = accepts_writes_ || others.known == 0 || recovered_ || now - started_ >= kHelloWait ||
                      (others.greeted > 0 && others.tried == others.known);
    ready_ = ready_ || is_ready(others, now);
    return accepted != accepts_writes_ || was_ready != ready_;
  }
  [[nodiscard]] bool accepts_writes() const { return accepts_writes_; }
  [[nodiscard]] bool ready() const { return ready_; }
  /// When update() can change by time alone.
  [[nodiscard]] TimePoint next(TimePoint now) const {
    if (!accepts_writes_) return started_ + kHelloWait;
    if (ready_) return TimePoint::max();
    return now + std::chrono::milliseconds(500);
  }

 private:
  [[nodiscard]] bool is_ready(const Others& others, TimePoint now) const {
    if (took_over_ || others.known == 0 || now - started_ >= kReadyWait) return true;
    if (recovered_ && !others.wait_whole) {
      const size_t silent = others.tried - others.greeted;
      return others.synced + silent >= others.known || now - started_ >= kRecoveredWait;
    }
    return others.synced > 0 && others.synced + others.given_up >= others.known;
  }

  TimePoint started_{};
  bool recovered_ = false;
  bool took_over_ = false;
  bool accepts_writes_ = false;
  bool ready_ = false;
};

}  // namespace discovery::cluster
