// Slows a client that sends the same useless request as fast as it can, and nobody else.
//
// A request counts as useless by its answer: a poll that is answered at once, a register of what is registered, a renew
// or cancel of what is not there. Of these each alone is right; the same one `repeats` times within a second from one
// address is a loop (a Go client does 2,600 polls a second that way: discovery-api.md D4), and from then on each answer
// to it is held back for `delay`. A register may have many like it, so it counts only when its instance was registered
// or renewed just before (may_loop). The loop ends when it did not come for kForgiveAfter. Other requests of the same
// client, and the same request of another address, are not slowed.
//
// Lifecycle: one per reactor; the counts of another reactor are its own. Thread: its reactor's.
// Limits: kSlots requests are remembered, those that came least recently give way; 32 KiB, from the first useless
// request on. Cost: of a useless request one hash over its text, of any other nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/siphash.h"
#include "base/time.h"
#include "guard/client_table.h"

namespace discovery::guard {

struct ShieldSettings {
  bool enabled = true;
  uint32_t repeats = 50;  ///< of one request within a second
  Duration delay = std::chrono::seconds(1);
};

/// A request whose answer brought nobody forward.
struct Useless {
  Rule rule;
  std::string_view ip;
  std::string_view path;
  std::string_view query;
  std::string_view body;
};

class Shield {
 public:
  static constexpr size_t kSlots = 1024;
  static constexpr Duration kWindow = std::chrono::seconds(1);
  static constexpr Duration kForgiveAfter = std::chrono::seconds(10);

  Shield(const HashKey& key, const ShieldSettings& settings) : key_(key), settings_(settings) {}

  struct Judgement {
    Duration delay{};     ///< zero: answer now
    bool begins = false;  ///< the loop was recognised now
    uint32_t in_window = 0;
  };
  /// Whether a register whose instance was heard of that long ago is to be judged: at most twice the mean distance of
  /// `repeats` a second, or anything while a loop is being slowed.
  [[nodiscard]] bool may_loop(Duration since_last, TimePoint now) const {
    return since_last <= 2 * kWindow / settings_.repeats || now < slowing_until_;
  }
  [[nodiscard]] Judgement judge(const Useless& request, TimePoint now);

  void update(const ShieldSettings& settings) { settings_ = settings; }

 private:
  struct Slot {
    uint64_t hash = 0;
    TimePoint window_began{};
    TimePoint last{};
    uint32_t in_window = 0;
    bool slowed = false;
  };
  Slot& slot_of(uint64_t hash, TimePoint now);

  const HashKey key_;
  ShieldSettings settings_;
  std::unique_ptr<Slot[]> slots_;
  TimePoint slowing_until_{};
};

}  // namespace discovery::guard
