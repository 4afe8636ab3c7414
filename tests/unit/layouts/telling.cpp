#include "unit/layouts/telling.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace discovery::layouts {

std::string text_of(const MappedInstance& instance) {
  nlohmann::ordered_json json = {{"appid", instance.appid}, {"hostname", instance.hostname}, {"addrs", instance.addrs}};
  if (!instance.version.empty()) json["version"] = instance.version;
  for (const auto& [name, value] : instance.metadata.members) json["metadata"][name] = value;
  if (instance.status != kStatusUp) json["status"] = instance.status;
  if (instance.permanent) json["permanent"] = true;
  return json.dump();
}

std::string told(const Mapping& mapping) {
  if (mapping.layout == Layout::kNone) {
    EXPECT_TRUE(mapping.instances.empty());
    EXPECT_FALSE(mapping.why.empty()) << "what is not recognised has a reason";
    return "none: " + std::string(mapping.why);
  }
  EXPECT_EQ(mapping.layout, mapping.tried);
  EXPECT_EQ(mapping.why, "");
  std::string text(layout_name(mapping.layout));
  for (const MappedInstance& instance : mapping.instances) text += " " + text_of(instance);
  return text;
}

std::string told(std::string_view key, std::string_view value, const Settings& settings) {
  return told(instances_of(key, value, settings));
}

MappedInstance only(std::string_view key, std::string_view value, const Settings& settings) {
  Mapping mapping = instances_of(key, value, settings);
  EXPECT_EQ(mapping.instances.size(), 1U) << key << ": " << mapping.why;
  return mapping.instances.size() == 1 ? std::move(mapping.instances.front()) : MappedInstance{};
}

}  // namespace discovery::layouts
