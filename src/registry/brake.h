// The brake: an application that would lose most of its instances at once is held for a while (spec: replication.md
// 2.5, last item). Off by default.
//
// Held is an application of at least `brake_min` instances of which more than `brake_share` would be hidden within
// `expire_after`, what earlier sweeps hid included. It ends when renewals return, or after `brake_max`; then the rest
// goes, and it is not held again before it was well once. An operator may release it earlier: the same, at once.
// Lifecycle: one per sweep object; per sweep begin(), count() for each instance that would go, decide(), then holds()
// and hidden() as they go. Thread: that of the sweep; Sweep hands releases over. Memory: an entry per application that
// loses instances.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "registry/self_protection.h"

namespace discovery::registry {

class Brake {
 public:
  explicit Brake(const LeaseSettings& settings) : settings_(settings) {}

  void begin(TimePoint now);
  /// One more of that application, of which `visible` are listed, would go.
  void count(uint64_t app_id, size_t visible);
  void decide(TimePoint now);
  [[nodiscard]] bool holds(uint64_t app_id) const;
  void hidden(uint64_t app_id, TimePoint now);
  /// How many applications are held, since decide().
  [[nodiscard]] int64_t held() const { return held_; }
  /// Lets go what would go, from the next decide() on. Nothing where it is not held.
  void release(uint64_t app_id);

  /// One application that is held.
  struct Hold {
    uint64_t app_id = 0;
    TimePoint since;
    TimePoint until;      ///< at the latest
    int64_t visible = 0;  ///< listed, when it was decided
    int64_t overdue = 0;  ///< of these, past their lease
  };
  /// Since decide(), in no order.
  [[nodiscard]] std::vector<Hold> holds() const;

 private:
  struct Loss {
    TimePoint at;
    int64_t instances;
  };
  struct Entry {
    int64_t visible = 0;
    int64_t going = 0;
    std::vector<Loss> losses;  ///< of the last expire_after, one per sweep
    TimePoint held_since{};    ///< zero: it is well
    bool held = false;
    bool released = false;  ///< by an operator, until it is well
  };
  void judge(Entry& entry, TimePoint now);

  const LeaseSettings settings_;
  std::unordered_map<uint64_t, Entry> entries_;
  int64_t held_ = 0;
};

}  // namespace discovery::registry
