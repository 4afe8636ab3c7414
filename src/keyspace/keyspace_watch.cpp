// How watches begin, and what they are told (etcd-api.md 5 and 6.2, R2).
#include <algorithm>
#include <map>

#include "keyspace/keyspace.h"

namespace discovery::keyspace {

namespace {

/// The latest change of each key of the range, in rising revisions.
std::vector<EventPtr> latest_of(const History& history, uint64_t from, uint64_t to, const KeyRange& range) {
  std::map<std::string_view, EventPtr> latest;
  for (uint64_t i = from; i < to; ++i) {
    const EventPtr& event = history.at(i);
    if (range.holds(event->kv->key)) latest.insert_or_assign(event->kv->key, event);
  }
  std::vector<EventPtr> events;
  events.reserve(latest.size());
  for (auto& [key, event] : latest) events.push_back(std::move(event));
  std::ranges::sort(events, {}, [](const EventPtr& e) { return e->kv->mod_revision; });
  return events;
}

/// What the keys of the range were before the event of that number: what is there, and what later events replaced.
std::vector<KeyValuePtr> state_before(const History& history, uint64_t number, const KeyRange& range,
                                      std::vector<KeyValuePtr> now) {
  std::map<std::string_view, KeyValuePtr> replaced;
  for (uint64_t i = number; i < history.next(); ++i) {
    const EventPtr& event = history.at(i);
    if (range.holds(event->kv->key)) replaced.try_emplace(event->kv->key, event->before);
  }
  if (replaced.empty()) return now;
  std::erase_if(now, [&](const KeyValuePtr& kv) { return replaced.contains(kv->key); });
  for (const auto& [key, before] : replaced) {
    if (before) now.push_back(before);
  }
  return now;
}

}  // namespace

// NOLINTNEXTLINE(readability-function-size): one decision, case by case, in the order of the rule
WatchBegin Keyspace::begin_watch(const KeyRange& range, Revision start, TimePoint now) const {
  const MutexLock lock(mutex_);
  const History& history = index_.history();
  const RevisionClock& revisions = index_.revisions();
  WatchBegin begin;
  begin.revision = revisions.last();
  begin.next = history.next();
  if (start <= 0) return begin;
  // What is still held is told when its hold is over, by number like everything from then on.
  uint64_t told = history.next();
  while (told > history.first() && history.at(told - 1)->at + settings_.hold > now) --told;
  begin.next = told;
  const bool ours = node_of_revision(start) == revisions.node() && start >= revisions.first();
  if (ours && history.covers(start)) {
    const uint64_t from = history.find(start);
    for (uint64_t i = from; i < told; ++i) {
      if (range.holds(history.at(i)->kv->key)) begin.replay.push_back(history.at(i));
    }
    begin.next = std::max(from, told);
    return begin;
  }
#if defined(DISCOVERY_PLANT_RESUME_WITHOUT_SLACK)
  const Revision since = start;
  const size_t whole_max = 0;
#else
  const Revision since = start - revisions_in(settings_.slack);
  const size_t whole_max = settings_.replay_whole_max;
#endif
  const bool recent = since >= revisions.first() && history.covers(since);
  const size_t keys_max = recent ? whole_max : settings_.replay_keys_max;
  KeyIndex::Range all = index_.range(range, keys_max + 1);
  if (all.count > keys_max || (recent && keys_max == 0)) {
    if (recent) {
      begin.replay = latest_of(history, history.find(since), told, range);
    } else {
      begin.compacted = begin.revision;
    }
    return begin;
  }
  // All there is, and what is known to be gone. What is held is told later, and once.
  const Revision held = told < history.next() ? history.at(told)->kv->mod_revision : begin.revision + 1;
  for (EventPtr& event : history.gone_in(range)) {
    if (event->kv->mod_revision < held) begin.replay.push_back(std::move(event));
  }
  // What is held is told behind it, so it must not be told here already: a key's revisions never fall.
  for (const KeyValuePtr& kv : state_before(history, told, range, std::move(all.kvs))) {
    begin.replay.push_back(std::make_shared<const Event>(Event{EventType::kPut, kv, nullptr, now}));
  }
  std::ranges::sort(begin.replay, {}, [](const EventPtr& e) { return e->kv->mod_revision; });
  return begin;
}

bool Keyspace::read_events(uint64_t& next, TimePoint now, std::vector<EventPtr>& out) const {
  const MutexLock lock(mutex_);
  const History& history = index_.history();
  const bool whole = next >= history.first();
  next = std::max(next, history.first());
  for (; next < history.next() && history.at(next)->at + settings_.hold <= now; ++next) out.push_back(history.at(next));
  return whole;
}

std::optional<TimePoint> Keyspace::next_event(uint64_t next) const {
  const MutexLock lock(mutex_);
  const History& history = index_.history();
  if (next >= history.next()) return std::nullopt;
  return history.at(std::max(next, history.first()))->at + settings_.hold;
}

Revision Keyspace::told_until(uint64_t next) const {
  const MutexLock lock(mutex_);
  const History& history = index_.history();
  if (next >= history.next()) return index_.revisions().last();
  return history.at(std::max(next, history.first()))->kv->mod_revision - kRevisionStep;
}

}  // namespace discovery::keyspace
