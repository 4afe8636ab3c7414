// An instance as a key of etcd tells of it, or as it is shown in one.
//
// Env, zone and region are not of a key: they come from the configuration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/metadata.h"
#include "layouts/settings.h"

namespace discovery::layouts {

inline constexpr uint32_t kStatusUp = 1;
inline constexpr uint32_t kStatusWaiting = 2;

struct MappedInstance {
  std::string appid;
  std::string hostname;
  std::vector<std::string> addrs;  ///< in the order in which they were written
  std::string version;
  codec::Metadata metadata;  ///< canonical; codec::append_metadata() makes the registry's text of it
  uint32_t status = kStatusUp;
  /// Clients of the layout take no lease: without one the instance stays until its key is deleted.
  bool permanent = false;
};

/// Why the registry cannot hold it; "" when it can. Appid and hostname: 1 to name_bytes_max bytes of UTF-8 without
/// control characters, the appid without comma (no list could name it) and not self_appid. Addresses: 1 to addrs_max,
/// of the same kind of text, without comma. A literal.
[[nodiscard]] std::string_view why_not_held(const MappedInstance& instance, const Settings& settings);

/// The registry's text of addresses, `["http://10.0.0.1:80"]`.
[[nodiscard]] std::string addrs_json(const std::vector<std::string>& addrs);

/// The texts of an instance as the registry stores them (registry/instance.h).
struct StoredTexts {
  std::string_view appid{};
  std::string_view hostname{};
  std::string_view version{};
  std::string_view addrs_json{};
  std::string_view metadata_json{};
  uint32_t status = kStatusUp;
};

/// None: addresses or metadata are not what the registry stores. Keeps what is past limits.
[[nodiscard]] std::optional<MappedInstance> mapped(const StoredTexts& texts);

}  // namespace discovery::layouts
