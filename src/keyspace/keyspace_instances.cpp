// The instances that keys stand for: made with them, passed on, and gone with the last.
#include <algorithm>

#include "base/bytes.h"
#include "keyspace/keyspace.h"

namespace discovery::keyspace {

namespace {

/// Keys that an instance is known to stand for, besides the one it was made from.
constexpr size_t kOthersMax = 8;

}  // namespace

bool Keyspace::stands_for(const registry::InstanceKeyView& name, std::string_view key) const {
  bool ours = false;
  registry_.with_record(registry_.find_record(name), [&](const registry::StoredRecord& stored) {
    const auto kept = kept_of(*stored.instance);
    ours = kept && kept->kind == Kept::Kind::kMapped && kept->key == key;
  });
  return ours;
}

bool Keyspace::tells_of(const KeyValue& kv, const registry::InstanceKeyView& name) const {
  return std::ranges::any_of(mapper_.instances_of(kv.key, kv.value),
                             [&](const MappedInstance& one) { return one.is_named(name); });
}

// NOLINTNEXTLINE(readability-function-size): the key, what it stood for, what it stands for, how long and since when
void Keyspace::map_key(std::string_view key, const KeyValuePtr& before, const PutArgs& args,
                       std::chrono::seconds length, TimePoint now) {
  const std::string zone = zone_of_key(key);
  const std::vector<MappedInstance> mapped = mapper_.instances_of(key, args.value);
  for (const MappedInstance& one : mapped) {
    const auto name = one.name_in(zone);
    map_to(one, name, {key, args.lease, length, others_of(name, key)}, args.by, now);
  }
  if (!before || before->value == args.value) return;
  for (const MappedInstance& old : mapper_.instances_of(key, before->value)) {
    const auto name = old.name_in(zone);
    const bool stays = std::ranges::any_of(mapped, [&](const MappedInstance& one) { return one.is_named(name); });
    if (!stays && stands_for(name, key) && !pass_on(name, key, args.by, now)) cancel_guest(name, args.by, now);
  }
}

// NOLINTNEXTLINE(readability-function-size): what, in whose name, of which keys, by whom and when
void Keyspace::map_to(const MappedInstance& one, const registry::InstanceKeyView& name, const MappedBy& keys,
                      std::string_view by, TimePoint now) {
  std::string others;
  for (const std::string& other : keys.others) append_text(others, other);
  const std::string origin = registry::make_origin(
      keys.length, encode_kept({Kept::Kind::kMapped, keys.lease, keys.key, {}, one.layout, name.zone, others}));
  static_cast<void>(register_guest(name, &one, origin, by, now));  // full: the key is there
}

std::vector<std::string> Keyspace::others_of(const registry::InstanceKeyView& name, std::string_view key) const {
  std::vector<std::string> named;
  registry_.with_record(registry_.find_record(name), [&](const registry::StoredRecord& stored) {
    const auto kept = kept_of(*stored.instance);
    if (!kept || kept->kind != Kept::Kind::kMapped) return;
    named.emplace_back(kept->key);
    for (ByteReader in(kept->others); !in.at_end() && in.ok();) named.emplace_back(in.text());
  });
  std::erase_if(named, [&](const std::string& other) {
    const KeyValuePtr kv = other == key ? nullptr : written_key(other);
    return !kv || zone_of_key(other) != name.zone || !tells_of(*kv, name);
  });
  if (named.size() > kOthersMax) named.resize(kOthersMax);
  return named;
}

bool Keyspace::pass_on(const registry::InstanceKeyView& name, std::string_view key, std::string_view by,
                       TimePoint now) {
  std::vector<std::string> others = others_of(name, key);
  while (!others.empty()) {
    const std::string next = std::move(others.front());
    others.erase(others.begin());
    const KeyValuePtr kv = written_key(next);
    const auto length = !kv              ? std::nullopt
                        : kv->lease == 0 ? std::optional(std::chrono::seconds(0))
                                         : length_of(kv->lease);
    if (!length) continue;
    for (const MappedInstance& one : mapper_.instances_of(next, kv->value)) {
      if (!one.is_named(name)) continue;
      map_to(one, name, {next, kv->lease, *length, std::move(others)}, by, now);
      return true;
    }
  }
  return false;
}

void Keyspace::unmap_key(std::string_view key, std::string_view value, std::string_view by, TimePoint now) {
  const std::string zone = zone_of_key(key);
  for (const MappedInstance& one : mapper_.instances_of(key, value)) {
    const auto name = one.name_in(zone);
    if (stands_for(name, key) && !pass_on(name, key, by, now)) cancel_guest(name, by, now);
  }
}

}  // namespace discovery::keyspace
