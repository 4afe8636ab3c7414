// The keys of the key-value clients, and what they mean as instances.
//
// Of K keys the first two thirds are `svc/<app>/<host>`, each of one client, and stand for an instance of that name in
// the environment "kv"; the others are `conf/<name>`, which everybody writes and which mean nothing.
// Every value is used once: "v17". Pure.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "keyspace/key_mapper.h"

namespace discovery::simulation {

inline constexpr uint32_t kKeyClients = 8;
inline constexpr uint32_t kSharedKeys = 4;
inline constexpr uint32_t kKeys = kKeyClients + kSharedKeys;

inline std::string key_name(uint32_t key) {
  return key < kKeyClients ? "svc/kapp" + std::to_string(key % 3) + "/k" + std::to_string(key)
                           : "conf/k" + std::to_string(key);
}
inline std::string value_name(uint32_t write) { return "v" + std::to_string(write); }
inline std::optional<uint32_t> write_of_value(std::string_view value) {
  uint32_t n = 0;
  if (!value.starts_with('v')) return std::nullopt;
  const auto [end, error] = std::from_chars(value.data() + 1, value.data() + value.size(), n);
  if (error != std::errc{} || end != value.data() + value.size()) return std::nullopt;
  return n;
}

class KeyNames final : public keyspace::KeyMapper {
 public:
  [[nodiscard]] std::vector<keyspace::MappedInstance> instances_of(std::string_view key,
                                                                   std::string_view value) const override {
    if (!key.starts_with("svc/")) return {};
    const size_t slash = key.find('/', 4);
    if (slash == std::string_view::npos) return {};
    keyspace::MappedInstance one;
    one.env = "kv";
    one.appid = key.substr(4, slash - 4);
    one.hostname = key.substr(slash + 1);
    one.addrs_json = "[\"tcp://" + std::string(value) + "\"]";
    one.metadata_json = "{}";
    one.layout = "svc";
    return {one};
  }
  [[nodiscard]] std::vector<keyspace::ShownKey> keys_of(registry::AppKeyView /*app*/,
                                                        const registry::Instance& /*instance*/, uint32_t /*status*/,
                                                        std::string_view /*own*/) const override {
    return {};
  }
  [[nodiscard]] std::string gone_value(std::string_view /*key*/) const override { return {}; }
  [[nodiscard]] std::optional<registry::AppKey> app_of(const KeyRange& /*range*/) const override {
    return std::nullopt;
  }
};

}  // namespace discovery::simulation
