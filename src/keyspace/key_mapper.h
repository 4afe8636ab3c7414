// What keys say of services, as the key space needs it: who is registered by a key, and by which keys an instance that
// came another way is shown. The layouts (layouts/) do it; the key space knows none of them.
// Thread: const functions from any thread, also under the lock of a shard: short, and without a call of the registry.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "keyspace/key_value.h"
#include "registry/instance.h"

namespace discovery::keyspace {

/// An instance as it is registered for a key; the texts are as the registry stores them.
struct MappedInstance {
  std::string env;
  std::string appid;
  std::string hostname;
  std::string region;
  std::string version;
  std::string addrs_json;
  std::string metadata_json;
  std::string layout;  ///< the name of how the key is written
  uint32_t status = 1;

  [[nodiscard]] registry::InstanceKeyView name_in(std::string_view zone) const {
    return {{env, appid}, zone, hostname};
  }
  /// In whatever zone.
  [[nodiscard]] bool is_named(const registry::InstanceKeyView& name) const {
    return env == name.app.env && appid == name.app.appid && hostname == name.hostname;
  }
};

struct ShownKey {
  std::string key;
  std::string value;
};

class KeyMapper {
 public:
  virtual ~KeyMapper() = default;
  [[nodiscard]] virtual std::vector<MappedInstance> instances_of(std::string_view key,
                                                                 std::string_view value) const = 0;
  /// `status`: instead of the instance's, which may have changed in place. `own`: the layout of the key by which the
  /// instance came; "": it came by none.
  [[nodiscard]] virtual std::vector<ShownKey> keys_of(registry::AppKeyView app, const registry::Instance& instance,
                                                      uint32_t status, std::string_view own) const = 0;
  /// For the deletion of a key of which it is not known what stood there: what its clients need to be told.
  [[nodiscard]] virtual std::string gone_value(std::string_view key) const = 0;
  /// The only application of which keys can stand in that range; none: there may be several, or keys of none.
  [[nodiscard]] virtual std::optional<registry::AppKey> app_of(const KeyRange& range) const = 0;
};

}  // namespace discovery::keyspace
