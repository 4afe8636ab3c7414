// Records as the answers to operators show them. Names are a client's: what is no UTF-8 is replaced when an answer is
// written.
//
// Thread: pure functions.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "keyspace/record_names.h"
#include "registry/instance.h"

namespace discovery::queries {

/// The answer as it is sent.
[[nodiscard]] std::string text_of(const nlohmann::ordered_json& json);

/// Null for what is no JSON.
[[nodiscard]] nlohmann::ordered_json parsed(std::string_view text);

/// "visible", "hidden", "cancelled".
[[nodiscard]] std::string_view state_name(registry::RecordState state);

/// {"t":ns,"node":id} and, where there is a later set, "set":{"t","node"}.
[[nodiscard]] nlohmann::ordered_json version_json(const registry::Version& version);

/// state, status, version_number.
void add_numbers(nlohmann::ordered_json& to, const registry::InstanceNumbers& numbers);

struct ContentView {
  std::string_view region, version, addrs_json, metadata_json;
};
/// region, version, addrs, metadata.
void add_content(nlohmann::ordered_json& to, const ContentView& content);

/// {"protocol","layout","key","lease_id","lease_seconds"}; lease_seconds null: it does not end by itself.
struct OriginView {
  std::string_view layout, key;
  uint64_t lease_id = 0;
  Duration lease{};
};
[[nodiscard]] nlohmann::ordered_json origin_json(const OriginView& origin);

/// "origin", where there is one (keyspace/record_names.h).
void add_origin(nlohmann::ordered_json& to, const std::optional<keyspace::KeyOrigin>& from);

/// reg_timestamp, up_timestamp, renew_timestamp, dirty_timestamp, latest_timestamp.
void add_times(nlohmann::ordered_json& to, const registry::InstanceNumbers& numbers, int64_t renew_ns);

}  // namespace discovery::queries
