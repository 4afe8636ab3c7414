// One long poll as a state machine over the applications it asks for: answer now, go on resting, or "not modified"
// (spec: discovery-api.md 7.5 to 7.7, D4 and D6; replication.md 2.5, R8).
//
//   begin() --a listed instance is news, or poll's application is unknown--> answer
//      |
//      +--only empty lists are news--> Damped --something changed, or empty_hold is over--> answer
//      |
//      +--else--> Resting --news, or what was known is gone--> answer
//                  |   ^ \--deadline--> not modified; the lists where a change may have gone unnoticed
//     a cursor not |   | it names what is here after all
//     from here    v   |
//                 Held (each application for itself) --tau passes the cursor--> answer
//                  |  cursor_hold is over and nobody is silent: pass the cursor, answer; else once more, for kHeldMax
//                  at most
//                  +--deadline--> answer
//
// Paused: a client that was told a list a moment ago (its cursor says when that changed last) waits until
// PollTimes::coalesce is over, so that a burst of changes is told at once, and as few times as it can be seen. The
// first change after a while is told without delay.
//
// A held list is older than what the client has seen, or was told by a node that died: the hold gives the newer one
// time to arrive, and bounds how often a client that moves to and fro is answered. It begins when such a cursor first
// came to the application, not with each poll: else the news of one application could hold those of another back for
// ever. Without HTTP and without the hub, so
// that the simulator runs it too. Lifecycle: add() once per application, begin() once, then review() after every change
// and when its time has come. Thread: none of its own. Cost: one PollSight::look() per application and review; 32 bytes
// per application.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/time.h"
#include "registry/cursor.h"
#include "registry/registry.h"

namespace discovery::registry {

/// What several applications together have to tell a poll that has just come.
struct PollNews {
  bool due = false;      ///< one is newer than its cursor
  bool listed = false;   ///< and has an instance in service
  bool unknown = false;  ///< one (or its zone) is unknown

  void add(const AppState& state, int64_t cursor_ns);
  /// poll (`single`) does not wait for what is unknown.
  [[nodiscard]] bool at_once(bool single) const { return listed || (single && unknown); }
};

/// Whether an application as it is stands in the answer of a poll that has just come.
[[nodiscard]] bool due_at_once(const AppState& state, int64_t cursor_ns);

/// Until when a client waits for the rest of a burst: the list that it was told last changed at the youngest of its
/// cursors. `now`: it does not wait. A clock that is a little ahead of ours counts as now; a cursor far from the clock
/// tells no time.
[[nodiscard]] TimePoint pause_ends(int64_t youngest_cursor_ns, TimePoint now, Duration coalesce);

/// The applications of a poll as a review sees them, by their place in it.
class PollSight {
 public:
  virtual AppState look(size_t i) = 0;
  /// Whether it was changed since the last review that was not `paused`; on a node among others the timestamps alone
  /// decide.
  [[nodiscard]] virtual bool changed(size_t i) = 0;
  /// Registry::hold_cursor() and told_held().
  virtual TimePoint hold_cursor(size_t i, int64_t cursor_ns, TimePoint now) = 0;
  virtual void told_held(size_t i, int64_t cursor_ns) = 0;
  /// Registry::pass_cursor(); who is named in its Wake must be told.
  virtual AppState pass_cursor(size_t i, int64_t cursor_ns) = 0;
  /// Every other node of our kind was heard a short while ago.
  [[nodiscard]] virtual bool all_peers_heard() const = 0;

 protected:
  ~PollSight() = default;
};

struct PollTimes {
  Duration empty_hold = std::chrono::seconds(1);
  Duration cursor_hold = std::chrono::seconds(5);
  Duration coalesce = std::chrono::milliseconds(30);  ///< and a tick of the wheel: 50 ms at most
};

class PollState {
 public:
  /// While a node is silent a hold is repeated; not more often than this, however short it is configured.
  static constexpr Duration kRepeatMin = std::chrono::seconds(1);
  /// And so long at the most in all, over however many polls: a poll's usual time.
  static constexpr Duration kHeldMax = std::chrono::seconds(30);

  enum class Act : uint8_t {
    kRest,         ///< until `look_again`, or a change
    kAnswer,       ///< with the applications that are listed()
    kNotModified,  ///< -304
  };
  struct Step {
    Act act = Act::kRest;
    TimePoint look_again{};
    bool paused = false;  ///< nothing was judged: what is changed() stays so
  };

  /// For at most `apps` applications.
  PollState(size_t apps, bool single)
      : more_(apps > 1 ? std::make_unique<Item[]>(apps) : nullptr),
        room_(static_cast<uint32_t>(apps)),
        single_(single) {}

  /// The next application, as it was when its changes began to be told.
  void add(const AppState& state, int64_t cursor_ns, TimePoint now, const PollTimes& times);
  /// Precondition: all are added. kNotModified does not come from here.
  Step begin(TimePoint now, TimePoint deadline, const PollTimes& times);
  /// Some of them may have changed, or time has passed. Ends with the first answer.
  Step review(TimePoint now, PollSight& sight, const PollTimes& times);

  /// After kAnswer: application i is told with its list, or, where it is unknown, that it is.
  [[nodiscard]] bool listed(size_t i) const { return items()[i].due; }
  [[nodiscard]] size_t size() const { return size_; }

 private:
  struct Item {
    int64_t cursor_ns = 0;
    TimePoint hold_until{};  ///< zero: not held
    TimePoint held_since{};
    bool known = false;  ///< the application (and zone) was known when last looked at
    bool due = false;
  };
  enum class Verdict : uint8_t { kUnknown, kGone, kDue, kWait, kHeld };

  static Verdict verdict(const Item& item, const AppState& state, bool changed);
  /// Enters, keeps or ends the hold of an application whose cursor is not from here; true: it is told now.
  bool hold(size_t i, TimePoint now, PollSight& sight, const PollTimes& times);
  [[nodiscard]] Step rest() const;
  [[nodiscard]] int64_t youngest_cursor_ns() const;
  [[nodiscard]] bool damped() const { return damped_until_ != TimePoint{}; }

  Item* items() { return more_ ? more_.get() : &one_; }
  [[nodiscard]] const Item* items() const { return more_ ? more_.get() : &one_; }

  Item one_;  ///< of a poll of one application, as most are
  std::unique_ptr<Item[]> more_;
  TimePoint deadline_{};
  TimePoint damped_until_{};  ///< zero: not damped
  TimePoint paused_until_{};  ///< before, it tells nothing
  bool woken_ = false;        ///< there may be something to tell when the pause is over
  uint32_t room_;
  uint32_t size_ = 0;
  PollNews news_;  ///< until begin()
  bool single_;
};

}  // namespace discovery::registry
