#include "node/layout_mapper.h"

#include "codec/metadata.h"
#include "layouts/app_range.h"
#include "layouts/instances_of.h"
#include "layouts/virtual_keys.h"

namespace discovery::node {

std::vector<keyspace::MappedInstance> LayoutMapper::instances_of(std::string_view key, std::string_view value) const {
  std::vector<keyspace::MappedInstance> out;
  layouts::Mapping mapping = layouts::instances_of(key, value, settings_);
  for (layouts::MappedInstance& from : mapping.instances) {
    keyspace::MappedInstance one;
    one.env = env_;
    one.region = region_;
    one.appid = std::move(from.appid);
    one.hostname = std::move(from.hostname);
    one.version = std::move(from.version);
    one.addrs_json = layouts::addrs_json(from.addrs);
    codec::append_metadata(one.metadata_json, from.metadata);
    one.layout = layouts::layout_name(mapping.layout);
    one.status = from.status;
    out.push_back(std::move(one));
  }
  return out;
}

std::vector<keyspace::ShownKey> LayoutMapper::keys_of(registry::AppKeyView app, const registry::Instance& instance,
                                                      uint32_t status, std::string_view own) const {
  std::vector<keyspace::ShownKey> out;
  if (app.env != env_) return out;
  const auto mapped = layouts::mapped(
      {app.appid, instance.hostname(), instance.version(), instance.addrs_json(), instance.metadata_json(), status});
  if (!mapped) return out;
  const layouts::Layout layout = layouts::layout_of_name(own).value_or(layouts::Layout::kNone);
  for (layouts::VirtualKey& one : layouts::keys_of(*mapped, layout, settings_)) {
    out.push_back({std::move(one.key), std::move(one.value)});
  }
  return out;
}

std::string LayoutMapper::gone_value(std::string_view key) const { return layouts::gone_value(key); }

std::optional<registry::AppKey> LayoutMapper::app_of(const KeyRange& range) const {
  if (range.single()) {
    const auto owner = layouts::virtual_key_owner(range.key, settings_);
    return owner ? std::optional(registry::AppKey{std::string(owner->appid), env_}) : std::nullopt;
  }
  // A prefix that does not end with a slash holds keys of names that only begin like it.
  const bool folder = range.key.ends_with('/') && range.end == range.key.substr(0, range.key.size() - 1) + '0';
  if (!folder) return std::nullopt;
  const auto apps = layouts::apps_in(range, settings_);
  if (apps.size() != 1 || apps.front().only().empty()) return std::nullopt;
  return registry::AppKey{std::string(apps.front().only()), env_};
}

}  // namespace discovery::node
