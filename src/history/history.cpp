#include "history/history.h"

#include <algorithm>
#include <map>
#include <utility>

namespace discovery::history {

using registry::Instance;

namespace {

bool matches(std::string_view wanted, std::string_view is) { return wanted.empty() || wanted == is; }

bool matches(const Filter& f, const EventNames& n) {
  return matches(f.env, n.env) && matches(f.appid, n.appid) && matches(f.zone, n.zone) &&
         matches(f.hostname, n.hostname);
}

bool matches(const Filter& f, const Event& e) {
  return (!f.kind || *f.kind == e.kind) && e.last >= f.since && e.at < f.until;
}

Content content_of(const Instance& i) {
  return {std::string(i.region()),        std::string(i.version()),   std::string(i.addrs_json()),
          std::string(i.metadata_json()), std::string(i.extension()), std::string(i.origin())};
}

void undo(Event& event, Past& past) {
  if (!event.before) return;
  std::optional<Content> content = event.before->content ? std::move(event.before->content) : std::move(past.content);
  past = {event.before->numbers, event.before->lease_ns, std::move(content)};
}

std::optional<Event> decode(const EventRing::Entry& entry) {
  std::optional<Event> event = decode_event(entry.bytes);
  if (!event) return std::nullopt;
  event->number = entry.number;
  event->count = entry.count;
  event->last = entry.last;
  return event;
}

}  // namespace

History::History(size_t bytes_max) : enabled_(bytes_max > 0), ring_(bytes_max) {}

void History::set_bytes_max(size_t bytes_max) {
  const MutexLock lock(mutex_);
  ring_.set_bytes_max(bytes_max);
}

void History::changed(const registry::RecordChange& change) {
  if (!enabled_) return;
  const EventKind kind = kind_of(change);
  const MutexLock lock(mutex_);
  const Instance& named = change.after ? *change.after : *change.before_text;
  Recent& recent = recent_[named.key_digest() % kRecent];
  const bool repeats = kind == EventKind::kRegisteredAgain;
  if (repeats && recent.name == named.key_digest() && recent.by == change.by &&
      ring_.count_again(recent.number, change.at)) {
    return;
  }
  const EventBytes bytes(kind, change);
  bytes.write(ring_.push(bytes.size(), change.at));
  if (repeats) {
    recent.name = named.key_digest();
    recent.number = ring_.last_number();
    recent.by = change.by;
  } else if (recent.name == named.key_digest()) {
    recent = {};  // something else happened in between
  }
}

void History::note(EventKind kind, TimePoint at) {
  if (!enabled_) return;
  const MutexLock lock(mutex_);
  const EventBytes bytes(kind, at);
  bytes.write(ring_.push(bytes.size(), at));
}

void History::restore(const Event& event) {
  if (!enabled_) return;
  const EventBytes bytes(event);
  const MutexLock lock(mutex_);
  bytes.write(ring_.push(bytes.size(), event.at));
  ring_.set_count(ring_.last_number(), event.count, event.last);
}

std::vector<Event> History::after(uint64_t number) const {
  std::vector<Event> events;
  uint64_t next = number + 1;
  for (bool more = true; more && events.size() < kAfterMax;) {
    const MutexLock lock(mutex_);
    next = ring_.read_block_from(next, [&](const EventRing::Entry& entry) {
      if (events.size() == kAfterMax) return;
      if (auto event = decode(entry)) events.push_back(std::move(*event));
    });
    more = next != 0;
  }
  return events;
}

uint64_t History::last_number() const {
  const MutexLock lock(mutex_);
  return ring_.last_number();
}

Found History::find(const Filter& filter) const {
  Found found;
  for (uint64_t below = filter.below; below > 0;) {
    const MutexLock lock(mutex_);
    if (!found.reaches_back_to) found.reaches_back_to = oldest();
    below = ring_.read_block_below(std::min(below, ring_.last_number() + 1), [&](const EventRing::Entry& entry) {
      if (found.more || !matches(filter, names_of(entry.bytes))) return;  // most are another's
      std::optional<Event> event = decode(entry);
      if (!event || !matches(filter, *event)) return;
      if (found.events.size() == filter.limit) {
        found.more = true;
      } else {
        found.events.push_back(std::move(*event));
      }
    });
    if (found.more) break;
  }
  return found;
}

PastState History::state_at(const registry::Registry& registry, registry::AppKeyView app, TimePoint at) const {
  uint64_t below = 0;
  // Events of an application are noted under the mutex of its shard: those below this number are in what is copied
  // here.
  std::unique_ptr<registry::Listing> now;
  registry.with_records(app, [&](const registry::Application* known) {
    if (known) now = known->copy_all();
    const MutexLock lock(mutex_);
    below = ring_.last_number() + 1;
  });
  std::map<std::pair<std::string, std::string>, Past> records;
  if (now) {
    for (const registry::InstanceView& v : now->instances()) {
      const Instance& r = *v.instance;
      records[{std::string(r.zone()), std::string(r.hostname())}] = {r.numbers, v.renew_ns, content_of(r)};
    }
  }
  PastState state;
  while (below > 0) {
    const MutexLock lock(mutex_);
    below = ring_.read_block_below(below, [&](const EventRing::Entry& entry) {
      const EventNames names = names_of(entry.bytes);
      const bool of_node = names.hostname.empty();
      if (!of_node && (names.env != app.env || names.appid != app.appid)) return;
      std::optional<Event> event = decode(entry);
      if (!event || event->at <= at) return;
      if (of_node) {
        state.restarts += event->kind == EventKind::kStarted ? 1U : 0U;
      } else {
        undo(*event, records[{event->zone, event->hostname}]);
        if (!event->before) records.erase({event->zone, event->hostname});
      }
    });
  }
  {
    const MutexLock lock(mutex_);  // after it was read: what gave way meanwhile was not
    const auto first = oldest();
    state.complete = first && *first <= at;
  }
  for (auto& [key, past] : records) {
    if (!past.content) past.content.emplace();
    state.instances.push_back({key.first, key.second, std::move(past)});
  }
  return state;
}

std::optional<TimePoint> History::oldest() const {
  std::optional<TimePoint> first;
  const uint64_t number = ring_.first_number();
  ring_.read_block_below(number + 1, [&](const EventRing::Entry& entry) {
    if (entry.number != number) return;
    if (const auto event = decode_event(entry.bytes)) first = event->at;
  });
  return first;
}

uint64_t History::events() const {
  const MutexLock lock(mutex_);
  return ring_.last_number() + 1 - ring_.first_number();
}

size_t History::bytes() const {
  const MutexLock lock(mutex_);
  return ring_.bytes();
}

}  // namespace discovery::history
