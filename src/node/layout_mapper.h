// The layouts of etcd's clients, for the key space: instances by keys, and keys of instances.
//
// Lifecycle: made once. Thread: any; it only reads. Every instance made from a key stands in one environment, and only
// that one's instances are shown: keys name none.
#pragma once

#include <string>

#include "keyspace/key_mapper.h"
#include "layouts/settings.h"

namespace discovery::node {

class LayoutMapper final : public keyspace::KeyMapper {
 public:
  LayoutMapper(layouts::Settings settings, std::string env, std::string region)
      : settings_(std::move(settings)), env_(std::move(env)), region_(std::move(region)) {}

  [[nodiscard]] std::vector<keyspace::MappedInstance> instances_of(std::string_view key,
                                                                   std::string_view value) const override;
  [[nodiscard]] std::vector<keyspace::ShownKey> keys_of(registry::AppKeyView app, const registry::Instance& instance,
                                                        uint32_t status, std::string_view own) const override;
  [[nodiscard]] std::string gone_value(std::string_view key) const override;
  [[nodiscard]] std::optional<registry::AppKey> app_of(const KeyRange& range) const override;

 private:
  const layouts::Settings settings_;
  const std::string env_;
  const std::string region_;
};

}  // namespace discovery::node
