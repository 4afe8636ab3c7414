#include "keyspace/history.h"

#include <algorithm>
#include <utility>

namespace discovery::keyspace {

namespace {
constexpr size_t kOverhead = 160;  // of an event and what it is held by

size_t bytes_of(const Event& event) { return kOverhead + event.kv->key.size() + event.kv->value.size(); }
}  // namespace

void History::add(EventPtr event) {
  bytes_ += bytes_of(*event);
  events_.push_back(std::move(event));
  while (events_.size() > limits_.events || (bytes_ > limits_.bytes && events_.size() > 1)) drop_oldest();
}

void History::trim(TimePoint now) {
  while (!events_.empty() && now - events_.front()->at > limits_.age) drop_oldest();
}

uint64_t History::find(Revision revision) const {
  const auto it = std::lower_bound(events_.begin(), events_.end(), revision,
                                   [](const EventPtr& event, Revision r) { return event->kv->mod_revision < r; });
  return first_ + static_cast<uint64_t>(it - events_.begin());
}

void History::drop_oldest() {
  bytes_ -= bytes_of(*events_.front());
  forgotten_ = events_.front()->kv->mod_revision;
  events_.pop_front();
  ++first_;
}

}  // namespace discovery::keyspace
