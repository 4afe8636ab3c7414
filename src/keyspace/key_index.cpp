#include "keyspace/key_index.h"

#include <utility>

namespace discovery::keyspace {

namespace {
constexpr size_t kOverhead = 280;  // of an entry, its key twice, and what they are held by
}  // namespace

size_t KeyIndex::bytes_of(const Keys::value_type& entry) {
  size_t bytes = kOverhead + 2 * entry.first.size();
  if (entry.second.seen) bytes += entry.second.seen->value.size();
  for (const auto& [source, value] : entry.second.shown) bytes += source.size() + value.size() + 96;
  return bytes;
}

void KeyIndex::put(Entry& entry, std::string_view key, Written written, TimePoint now) {
  auto kv = std::make_shared<KeyValue>();
  kv->key = key;
  kv->value = std::move(written.value);
  kv->lease = written.lease;
  kv->mod_revision = revisions_.next(now);
  kv->create_revision = entry.seen ? entry.seen->create_revision : kv->mod_revision;
  kv->version = entry.seen ? entry.seen->version + 1 : 1;
  history_.add(std::make_shared<const Event>(Event{EventType::kPut, kv, std::move(entry.seen), now}));
  entry.seen = std::move(kv);
}

KeyIndex::Keys::iterator KeyIndex::take(std::string_view key) {
  const auto it = keys_.find(key);
  if (it == keys_.end()) return keys_.emplace(key, Entry{}).first;
  bytes_ -= bytes_of(*it);
  return it;
}

void KeyIndex::add_deletion(std::string_view key, KeyValuePtr before, TimePoint now) {
  auto kv = std::make_shared<KeyValue>();
  kv->key = key;
  kv->mod_revision = revisions_.next(now);
  history_.add(std::make_shared<const Event>(Event{EventType::kDelete, std::move(kv), std::move(before), now}));
}

void KeyIndex::remove(Keys::iterator entry, TimePoint now) {
  bytes_ -= bytes_of(*entry);
  add_deletion(entry->first, std::move(entry->second.seen), now);
  keys_.erase(entry);
}

void KeyIndex::write(std::string_view key, Written written, TimePoint now) {
  const auto it = take(key);
  it->second.written = true;
  put(it->second, key, std::move(written), now);
  bytes_ += bytes_of(*it);
}

bool KeyIndex::erase(std::string_view key, TimePoint now) {
  const auto it = keys_.find(key);
  if (it == keys_.end() || !it->second.written) return false;
  it->second.written = false;
  if (it->second.shown.empty()) {
    remove(it, now);
  } else {
    see_shown(it, now);
  }
  return true;
}

void KeyIndex::tell_gone(std::string_view key, TimePoint now) {
  if (!keys_.contains(key)) add_deletion(key, nullptr, now);
}

void KeyIndex::show(std::string_view key, std::string_view source, std::string_view value, TimePoint now) {
  const auto it = take(key);
  it->second.shown.insert_or_assign(std::string(source), std::string(value));
  bytes_ += bytes_of(*it);
  if (!it->second.written) see_shown(it, now);
}

void KeyIndex::unshow(std::string_view key, std::string_view source, TimePoint now) {
  const auto it = keys_.find(key);
  if (it == keys_.end()) return;
  const auto shown = it->second.shown.find(std::string(source));
  if (shown == it->second.shown.end()) return;
  bytes_ -= bytes_of(*it);
  it->second.shown.erase(shown);
  bytes_ += bytes_of(*it);
  if (it->second.written) return;
  if (it->second.shown.empty()) {
    remove(it, now);
  } else {
    see_shown(it, now);
  }
}

void KeyIndex::see_shown(Keys::iterator entry, TimePoint now) {
  const std::string& value = entry->second.shown.begin()->second;
  if (entry->second.seen && entry->second.seen->value == value && entry->second.seen->lease == 0) return;
  bytes_ -= bytes_of(*entry);
  put(entry->second, entry->first, {value, 0}, now);
  bytes_ += bytes_of(*entry);
}

KeyValuePtr KeyIndex::find(std::string_view key) const {
  const auto it = keys_.find(key);
  return it == keys_.end() ? nullptr : it->second.seen;
}

KeyValuePtr KeyIndex::written(std::string_view key) const {
  const auto it = keys_.find(key);
  return it == keys_.end() || !it->second.written ? nullptr : it->second.seen;
}

KeyIndex::Range KeyIndex::range(const KeyRange& range, size_t limit) const {
  Range out;
  const auto take = [&](const KeyValuePtr& kv) {
    if (limit == 0 || out.kvs.size() < limit) out.kvs.push_back(kv);
    ++out.count;
  };
  if (range.single()) {
    if (const auto it = keys_.find(range.key); it != keys_.end()) take(it->second.seen);
    return out;
  }
  for (auto it = keys_.lower_bound(range.key); it != keys_.end() && range.holds(it->first); ++it) take(it->second.seen);
  return out;
}

}  // namespace discovery::keyspace
