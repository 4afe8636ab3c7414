#include "registry/poll_state.h"

#include <algorithm>

#include "base/check.h"

namespace discovery::registry {

bool due_at_once(const AppState& state, int64_t cursor_ns) {
  return state.zone_known && judge(cursor_ns, state.latest_timestamp_ns, state.named) == CursorVerdict::kAnswer;
}

void PollNews::add(const AppState& state, int64_t cursor_ns) {
  const bool is_due = due_at_once(state, cursor_ns);
  due |= is_due;
  listed |= is_due && state.in_service;
  unknown |= !state.zone_known;
}

TimePoint pause_ends(int64_t youngest_cursor_ns, TimePoint now, Duration coalesce) {
  const Duration age = now - from_wire_ns(youngest_cursor_ns);
  if (age >= coalesce || age <= -coalesce) return now;
  return now + coalesce - std::max(age, Duration::zero());
}

// On a lone node every change counts, also for a cursor from the future; among others only what the timestamps tell.
PollState::Verdict PollState::verdict(const Item& item, const AppState& state, bool changed) {
  // What was unknown and still is, is no news: a client would ask again at once (D6).
  if (!state.zone_known) return item.known ? Verdict::kGone : Verdict::kUnknown;
  if (!state.named && changed) return Verdict::kDue;
  switch (judge(item.cursor_ns, state.latest_timestamp_ns, state.named)) {
    case CursorVerdict::kAnswer:
      return Verdict::kDue;
    case CursorVerdict::kWait:
      return Verdict::kWait;
    case CursorVerdict::kHold:
      return Verdict::kHeld;
  }
  return Verdict::kWait;
}

void PollState::add(const AppState& state, int64_t cursor_ns, TimePoint now, const PollTimes& times) {
  DISCOVERY_CHECK(size_ < room_, "a poll has as many applications as it announced");
  Item& item = items()[size_++];
  item.cursor_ns = cursor_ns;
  item.known = state.zone_known;
  const Verdict v = verdict(item, state, false);
  item.due = v == Verdict::kDue;
  if (v == Verdict::kHeld) {
    item.held_since = state.held_since == TimePoint{} ? now : state.held_since;
    item.hold_until = item.held_since + times.cursor_hold;
  }
  news_.add(state, cursor_ns);
}

PollState::Step PollState::begin(TimePoint now, TimePoint deadline, const PollTimes& times) {
  deadline_ = deadline;
  paused_until_ = std::min(deadline, pause_ends(youngest_cursor_ns(), now, times.coalesce));
  if (news_.at_once(single_)) {
    woken_ = now < paused_until_ && news_.listed;  // that an application is unknown is told without a pause
    return woken_ ? rest() : Step{Act::kAnswer, now};
  }
  // D4: newer, but with nothing to see. Clients ignore such an answer and ask again at once, so it waits a little.
  if (news_.due) damped_until_ = std::min(deadline, now + times.empty_hold);
  return rest();
}

int64_t PollState::youngest_cursor_ns() const {
  int64_t youngest_ns = 0;
  for (size_t i = 0; i < size_; ++i) youngest_ns = std::max(youngest_ns, items()[i].cursor_ns);
  return youngest_ns;
}

bool PollState::hold(size_t i, TimePoint now, PollSight& sight, const PollTimes& times) {
  Item& item = items()[i];
  if (item.hold_until != TimePoint{}) {
    if (now < item.hold_until) return false;
  } else {
    item.held_since = sight.hold_cursor(i, item.cursor_ns, now);
    item.hold_until = item.held_since + times.cursor_hold;
    if (now < item.hold_until) return false;
  }
  const TimePoint end = item.held_since + kHeldMax;
  // Nobody of ours told an implausible one: nothing newer is on its way.
  if (!is_plausible(item.cursor_ns, now) || (now >= end && !sight.all_peers_heard())) {
    sight.told_held(i, item.cursor_ns);
    return true;
  }
  if (!sight.all_peers_heard()) {
    item.hold_until = std::min(end, now + std::max(times.cursor_hold, kRepeatMin));
    return false;
  }
  sight.pass_cursor(i, item.cursor_ns);
  return true;
}

PollState::Step PollState::review(TimePoint now, PollSight& sight, const PollTimes& times) {
  const bool last = now >= deadline_;
  if (now < paused_until_) {
    woken_ = true;
    Step step = rest();
    step.paused = true;
    return step;
  }
  woken_ = false;
  bool due = false;
  bool news = false;
  for (size_t i = 0; i < size_; ++i) {
    Item& item = items()[i];
    const AppState state = sight.look(i);
    const bool changed = sight.changed(i);
    Verdict v = verdict(item, state, changed);
    bool fresh = changed || !damped();  // what was there when the damping began does not end it
    if (v != Verdict::kHeld) {
      item.hold_until = {};
    } else if (hold(i, now, sight, times) || last) {
      v = Verdict::kDue;
      fresh = true;
    }
    if (v == Verdict::kWait && last &&
        missed_a_twin(item.cursor_ns, state.latest_timestamp_ns, state.changed_ns, state.named)) {
      v = Verdict::kDue;
    }
    item.known |= state.zone_known;
    item.due = v == Verdict::kDue || v == Verdict::kGone;
    due |= item.due;
    news |= item.due && fresh;
  }
  if (damped() && (!due || now >= damped_until_)) {
    damped_until_ = {};
    news = due;
  }
  if (news || (last && due)) return {Act::kAnswer, now};
  if (last) return {Act::kNotModified, now};
  return rest();
}

PollState::Step PollState::rest() const {
  TimePoint next = damped() ? damped_until_ : deadline_;
  if (woken_) next = std::min(next, paused_until_);
  for (size_t i = 0; i < size_; ++i) {
    if (items()[i].hold_until != TimePoint{}) next = std::min(next, items()[i].hold_until);
  }
  return {Act::kRest, std::max(next, paused_until_)};
}

}  // namespace discovery::registry
