#include "layouts/virtual_keys.h"

#include <algorithm>

#include "layouts/go_micro.h"
#include "layouts/kratos.h"
#include "layouts/names.h"
#include "layouts/naming.h"
#include "layouts/paths.h"

namespace discovery::layouts {

namespace {

bool is_target(std::string_view appid, const Settings& settings) {
  return std::ranges::find(settings.naming_targets, appid) != settings.naming_targets.end();
}

/// The key of an instance in that layout; none where it is not shown, or has no key there.
std::optional<std::string> key_in(Layout layout, std::string_view appid, std::string_view hostname,
                                  const Settings& settings) {
  switch (layout) {
    case Layout::kGoMicro:
      return settings.show_go_micro ? go_micro_key(appid, hostname) : std::nullopt;
    case Layout::kKratos:
      return settings.show_kratos ? kratos_key(settings.kratos_namespace, appid, hostname) : std::nullopt;
    case Layout::kNaming:
      return is_target(appid, settings) ? naming_key(appid, hostname) : std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<std::string> value_in(Layout layout, const MappedInstance& instance, const Settings& settings) {
  switch (layout) {
    case Layout::kGoMicro:
      return go_micro_value(instance, settings.limits);
    case Layout::kKratos:
      return kratos_value(instance);
    case Layout::kNaming:
      return naming_value(instance);
    default:
      return std::nullopt;
  }
}

/// How the key would be cut in that layout, whether or not it is one of its keys.
std::optional<KeyOwner> cut_in(Layout layout, std::string_view key, const Settings& settings) {
  const std::string_view front = layout == Layout::kGoMicro ? kGoMicroPrefix : settings.kratos_namespace;
  const auto rest = layout == Layout::kNaming ? std::optional(key) : below(key, front);
  const auto parts = rest ? split_last(*rest) : std::nullopt;
  if (!parts) return std::nullopt;
  return KeyOwner{layout, parts->before, parts->after};
}

}  // namespace

std::vector<VirtualKey> keys_of(const MappedInstance& instance, Layout own, const Settings& settings) {
  std::vector<VirtualKey> keys;
  if (instance.status != kStatusUp || !why_not_held(instance, settings).empty()) return keys;
  for (const Layout layout : kShownLayouts) {
    if (layout == own) continue;
    auto key = key_in(layout, instance.appid, instance.hostname, settings);
    if (!key) continue;
    if (auto value = value_in(layout, instance, settings)) keys.push_back({layout, std::move(*key), std::move(*value)});
  }
  return keys;
}

std::string gone_value(std::string_view key) {
  const auto rest = below(key, kGoMicroPrefix);
  const auto parts = rest ? split_last(*rest) : std::nullopt;
  return parts ? go_micro_gone_value(parts->before) : "";
}

std::optional<KeyOwner> virtual_key_owner(std::string_view key, const Settings& settings) {
  for (const Layout layout : kShownLayouts) {
    const auto owner = cut_in(layout, key, settings);
    if (!owner || !is_appid(owner->appid, settings) || !is_name(owner->hostname, settings.limits)) continue;
    if (key_in(layout, owner->appid, owner->hostname, settings) == key) return owner;
  }
  return std::nullopt;
}

}  // namespace discovery::layouts
