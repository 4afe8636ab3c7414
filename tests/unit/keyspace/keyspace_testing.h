// A key space on a registry of its own, and a mapper that knows one layout: `svc/<app>/<host>` with an address as
// value, and reads the same below `alt/`.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "keyspace/keyspace.h"
#include "keyspace/watch_hub.h"
#include "registry/record_codec.h"

namespace discovery::keyspace {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr TimePoint kStart = from_wire_ns(1'700'000'000'000'000'000);

class TestMapper final : public KeyMapper {
 public:
  [[nodiscard]] std::vector<MappedInstance> instances_of(std::string_view key, std::string_view value) const override {
    if (!key.starts_with("svc/") && !key.starts_with("alt/")) return {};
    const size_t slash = key.find('/', 4);
    if (slash == std::string_view::npos) return {};
    MappedInstance one;
    one.env = "dev";
    one.appid = key.substr(4, slash - 4);
    one.hostname = key.substr(slash + 1);
    one.addrs_json = "[\"tcp://" + std::string(value) + "\"]";
    one.metadata_json = "{}";
    one.layout = "svc";
    return {one};
  }
  [[nodiscard]] std::vector<ShownKey> keys_of(registry::AppKeyView app, const registry::Instance& instance,
                                              uint32_t status, std::string_view own) const override {
    if (own == "svc" || app.env != "dev" || status != 1) return {};
    return {
        {"svc/" + std::string(app.appid) + "/" + std::string(instance.hostname()), std::string(instance.addrs_json())}};
  }
  [[nodiscard]] std::string gone_value(std::string_view key) const override {
    return key.starts_with("svc/") ? "was " + std::string(key) : "";
  }
  [[nodiscard]] std::optional<registry::AppKey> app_of(const KeyRange& range) const override {
    if (!range.key.starts_with("svc/")) return std::nullopt;
    const size_t slash = range.key.find('/', 4);
    if (slash == std::string::npos || (!range.single() && range.end != range.key.substr(0, slash) + "0")) {
      return std::nullopt;
    }
    return registry::AppKey{range.key.substr(4, slash - 4), "dev"};
  }
};

inline registry::RegistrySettings registry_settings(uint16_t node_id) {
  registry::RegistrySettings settings;
  settings.hash_key = {1, 2};
  settings.cluster_key = {3, 4};
  settings.node_id = node_id;
  return settings;
}

inline KeyspaceSettings keyspace_settings(uint16_t node_id, const std::string& zone = "z") {
  KeyspaceSettings settings;
  settings.node_id = node_id;
  settings.zone = zone;
  return settings;
}

struct Node {
  explicit Node(uint16_t node_id = 1, TimePoint start = kStart, const std::string& zone = "z")
      : registry(registry_settings(node_id)),
        keys(keyspace_settings(node_id, zone), registry, mapper, start),
        now(start) {
    registry.set_observer(&keys);
    registry.keep_changes(true);
  }

  WriteOutcome put(std::string_view key, std::string_view value, LeaseId lease = 0) {
    return keys.put({.key = key, .value = value, .lease = lease, .by = "10.0.0.9"}, now);
  }
  LeaseId grant(seconds length) { return keys.grant(0, length, "10.0.0.9", now).id; }
  std::string get(std::string_view key) const {
    const auto found = keys.range({std::string(key), ""}, 0);
    return found.kvs.empty() ? "-" : found.kvs[0]->value;
  }
  /// What stands in the list of an application.
  std::vector<std::string> listed(std::string_view appid) const {
    std::vector<std::string> hosts;
    registry.with_application({"dev", appid}, [&](const registry::Application& app) {
      app.for_each_listed([&](const registry::InstanceView& view) { hosts.emplace_back(view.instance->hostname()); });
    });
    return hosts;
  }
  void pass(Duration d, Duration step = milliseconds(100), TimePoint covered = TimePoint::max()) {
    for (const TimePoint end = now + d; now < end;) {
      now += std::min(step, end - now);
      keys.expire(covered, now);
    }
  }
  /// One record, as it is sent.
  [[nodiscard]] std::string record_bytes(const registry::InstanceKeyView& name) const {
    std::string bytes;
    registry.with_record(registry.find_record(name),
                         [&](const registry::StoredRecord& stored) { registry::append_record(bytes, stored.at(now)); });
    return bytes;
  }
  /// That of another node, renewed now.
  void join(std::string_view record_bytes) {
    registry.join({.record = *registry::read_record(record_bytes), .lease = now}, now);
  }
  /// Tells another node all there is here, as a push or a sync would.
  void tell(Node& other) const { tell(other.registry, other.now); }
  void tell(registry::Registry& other, TimePoint then) const {
    registry::RecordCursor at;
    std::vector<std::string> bytes;
    std::vector<std::optional<Duration>> ages;
    registry.read_records(at, 1'000'000, [&](const registry::StoredRecord& stored) {
      const registry::Record record = stored.at(now);
      bytes.emplace_back();
      registry::append_record(bytes.back(), record);
    });
    for (const std::string& one : bytes) {
      std::string_view rest = one;
      const auto record = registry::read_record(rest);
      ASSERT_TRUE(record);
      registry::JoinArgs args;
      args.record = *record;
      if (record->home_age) args.lease = then - *record->home_age;
      other.join(args, then);
    }
  }

  TestMapper mapper;
  registry::Registry registry;
  Keyspace keys;
  TimePoint now;
};

}  // namespace discovery::keyspace
