#include "keyspace/history.h"

#include <algorithm>
#include <utility>

namespace discovery::keyspace {

namespace {
constexpr size_t kOverhead = 160;     // of an event and what it is held by
constexpr size_t kGoneOverhead = 80;  // of a deletion, where it is found by its key

/// A deletion alone holds what was there before; a put shares that with the event before it, mostly.
size_t bytes_of(const Event& event) {
  const size_t bytes = kOverhead + event.kv->key.size() + event.kv->value.size();
  if (event.type != EventType::kDelete) return bytes;
  return bytes + kGoneOverhead + (event.before ? event.before->value.size() : 0);
}
}  // namespace

void History::add(EventPtr event) {
  bytes_ += bytes_of(*event);
  gone_.erase(event->kv->key);
  if (event->type == EventType::kDelete) gone_.emplace(event->kv->key, event);
  events_.push_back(std::move(event));
  while (events_.size() > limits_.events || (bytes_ > limits_.bytes && events_.size() > 1)) drop_oldest();
}

void History::trim(TimePoint now) {
  while (!events_.empty() && now - events_.front()->at > limits_.age) drop_oldest();
}

std::vector<EventPtr> History::gone_in(const KeyRange& range) const {
  std::vector<EventPtr> events;
  for (auto it = gone_.lower_bound(range.key); it != gone_.end() && range.holds(it->first); ++it) {
    events.push_back(it->second);
  }
  return events;
}

uint64_t History::find(Revision revision) const {
  const auto it = std::lower_bound(events_.begin(), events_.end(), revision,
                                   [](const EventPtr& event, Revision r) { return event->kv->mod_revision < r; });
  return first_ + static_cast<uint64_t>(it - events_.begin());
}

void History::drop_oldest() {
  const EventPtr& oldest = events_.front();
  bytes_ -= bytes_of(*oldest);
  if (const auto it = gone_.find(oldest->kv->key); it != gone_.end() && it->second == oldest) gone_.erase(it);
  forgotten_ = oldest->kv->mod_revision;
  events_.pop_front();
  ++first_;
}

}  // namespace discovery::keyspace
