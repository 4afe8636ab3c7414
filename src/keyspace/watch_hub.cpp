#include "keyspace/watch_hub.h"

#include <algorithm>
#include <utility>

namespace discovery::keyspace {

struct Watch::Group {
  explicit Group(KeyRange the_range) : range(std::move(the_range)) {}
  const KeyRange range;
  IntrusiveList<Watch> watches;
};

Watch::~Watch() {
  if (hub_) hub_->leave(*this);
}

WatchHub::WatchHub(const Keyspace& keyspace) : keyspace_(keyspace) {
  // Who enters is told what was before; so nothing before now concerns anybody.
  next_ = keyspace.begin_watch({}, 0, TimePoint{}).next;
}

WatchHub::~WatchHub() {
  const auto forget = [](Watch::Group& group) {
    while (!group.watches.empty()) group.watches.pop_front().hub_ = nullptr;
  };
  for (auto& [range, group] : ranges_) forget(*group);
  for (auto& [key, group] : singles_) forget(*group);
}

// NOLINTNEXTLINE(readability-function-size): whose, over what, from when, which
WatchBegin WatchHub::enter(Watch& watch, const KeyRange& range, Revision start, WatchOptions options, TimePoint now) {
  WatchBegin begin = keyspace_.begin_watch(range, start, now);
  if (begin.compacted > 0) return begin;
  std::erase_if(begin.replay, [&](const EventPtr& event) {
    return event->type == EventType::kPut ? !options.puts : !options.deletes;
  });
  std::unique_ptr<Watch::Group>& place = range.single() ? singles_[range.key] : ranges_[range];
  if (!place) place = std::make_unique<Watch::Group>(range);
  watch.hub_ = this;
  watch.group_ = place.get();
  watch.from_ = begin.next;
  watch.options_ = options;
  place->watches.push_back(watch);
  counts_->watches.fetch_add(1, std::memory_order_relaxed);
  return begin;
}

void WatchHub::leave(Watch& watch) {
  if (watch.hub_ != this) return;
  watch.unlink();
  watch.hub_ = nullptr;
  counts_->watches.fetch_sub(1, std::memory_order_relaxed);
  if (!watch.group_->watches.empty()) return;
  if (telling_) {
    empty_.push_back(watch.group_);
  } else {
    drop(watch.group_);
  }
}

void WatchHub::drop(Watch::Group* group) {
  if (!group->watches.empty()) return;  // somebody came meanwhile
  if (group->range.single()) {
    singles_.erase(group->range.key);
  } else {
    ranges_.erase(group->range);
  }
}

std::optional<TimePoint> WatchHub::next() const { return keyspace_.next_event(next_); }

void WatchHub::flush(TimePoint now) {
  due_.clear();
  const bool whole = keyspace_.read_events(next_, now, due_);
  if (size() == 0) return due_.clear();
  telling_ = true;
  if (!whole) {
    const auto lose = [](Watch::Group& group) {
      IntrusiveList<Watch> all;
      all.append(group.watches);
      while (!all.empty()) {
        Watch& one = all.pop_front();
        group.watches.push_back(one);
        one.lost();
      }
    };
    for (auto& [range, group] : ranges_) lose(*group);
    for (auto& [key, group] : singles_) lose(*group);
  }
  uint64_t number = next_ - due_.size();
  for (const EventPtr& event : due_) {
    if (const auto it = singles_.find(event->kv->key); it != singles_.end()) tell(*it->second, event, number);
    for (auto& [range, group] : ranges_) {
      if (range.holds(event->kv->key)) tell(*group, event, number);
    }
    ++number;
  }
  telling_ = false;
  due_.clear();
  std::vector<Watch::Group*> empty;
  empty.swap(empty_);
  std::ranges::sort(empty);
  empty.erase(std::unique(empty.begin(), empty.end()), empty.end());
  for (Watch::Group* group : empty) drop(group);
}

// A watch may end itself or others while it is told: those that are still to be told stand in a list of their own.
void WatchHub::tell(Watch::Group& group, const EventPtr& event, uint64_t number) {
  IntrusiveList<Watch> waiting;
  waiting.append(group.watches);
  while (!waiting.empty()) {
    Watch& watch = waiting.pop_front();
    group.watches.push_back(watch);
    const bool wanted = event->type == EventType::kPut ? watch.options_.puts : watch.options_.deletes;
    if (!wanted || number < watch.from_) continue;
    counts_->told.fetch_add(1, std::memory_order_relaxed);
    watch.told(event);
  }
}

}  // namespace discovery::keyspace
