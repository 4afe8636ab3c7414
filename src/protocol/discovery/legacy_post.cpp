#include "protocol/discovery/legacy_post.h"

#include "base/check.h"
#include "codec/json_reader.h"
#include "codec/percent.h"

namespace discovery::protocol {

namespace {

constexpr std::string_view kEmptyObject = "{}";

/// `name=value&name=value`; the names need no escapes.
class Form {
 public:
  void add(std::string_view name, std::string_view value) {
    if (!out_.empty()) out_ += '&';
    out_ += name;
    out_ += '=';
    codec::percent_encode(value, out_);
  }
  void add(std::string_view name, int64_t value) { add(name, std::string_view(std::to_string(value))); }
  void add_app(registry::AppKeyView app, std::string_view zone, std::string_view region) {
    add("region", region);
    add("zone", zone);
    add("env", app.env);
    add("appid", app.appid);
  }
  void add_target(const LegacyTarget& target) {
    add_app(target.key.app, target.key.zone, target.region);
    add("hostname", target.key.hostname);
  }
  /// One parameter per string of an array that we wrote ourselves.
  void add_each(std::string_view name, std::string_view json_array) {
    codec::JsonReader reader(json_array);
    for (codec::JsonToken token = reader.next();
         token.kind != codec::JsonKind::kEnd && token.kind != codec::JsonKind::kError; token = reader.next()) {
      if (token.kind != codec::JsonKind::kString) continue;
      add(name, codec::json_unescaped(token.text));
    }
  }
  [[nodiscard]] LegacyPost post(LegacyAction action) && { return {action, std::move(out_)}; }

 private:
  std::string out_;
};

}  // namespace

std::string_view legacy_path(LegacyAction action) {
  switch (action) {
    case LegacyAction::kRegister:
      return "/discovery/register";
    case LegacyAction::kRenew:
      return "/discovery/renew";
    case LegacyAction::kCancel:
      return "/discovery/cancel";
    case LegacyAction::kSet:
      return "/discovery/set";
  }
  return {};
}

LegacyPost legacy_register(const registry::InstanceView& view) {
  const registry::Instance& i = *view.instance;
  Form form;
  form.add_target({{view.app, i.zone(), i.hostname()}, i.region()});
  form.add_each("addrs", i.addrs_json());
  form.add("status", int64_t{i.numbers.status});
  form.add("version", i.version());
  form.add("metadata", i.metadata_json() == kEmptyObject ? "null" : i.metadata_json());  // as originals send none
  form.add("reg_timestamp", i.numbers.reg_ns);
  form.add("dirty_timestamp", i.numbers.dirty_ns);
  form.add("latest_timestamp", i.numbers.latest_ns);
  return std::move(form).post(LegacyAction::kRegister);
}

LegacyPost legacy_renew(const LegacyTarget& target, int64_t dirty_ns) {
  Form form;
  form.add_target(target);
  form.add("dirty_timestamp", dirty_ns);
  return std::move(form).post(LegacyAction::kRenew);
}

LegacyPost legacy_cancel(const LegacyTarget& target, const LegacyCancelStamps& stamps) {
  Form form;
  form.add_target(target);
  form.add("latest_timestamp", stamps.latest_ns);
  form.add("dirty_timestamp", stamps.dirty_ns);
  return std::move(form).post(LegacyAction::kCancel);
}

LegacyPost legacy_set(const LegacySet& set) {
  const size_t hosts = set.hostnames.size();
  DISCOVERY_CHECK(set.statuses.empty() || set.statuses.size() == hosts, "a status per host or none");
  DISCOVERY_CHECK(set.metadata.empty() || set.metadata.size() == hosts, "metadata per host or none");
  Form form;
  form.add_app(set.app, set.zone, set.region);
  for (const std::string_view hostname : set.hostnames) form.add("hostname", hostname);
  for (const uint32_t status : set.statuses) form.add("status", int64_t{status});
  for (const std::string_view metadata : set.metadata) form.add("metadata", metadata);
  form.add("set_timestamp", set.set_timestamp_ns);
  return std::move(form).post(LegacyAction::kSet);
}

std::string with_flags(const LegacyPost& post, bool to_own_zone) {
  return post.body + (to_own_zone ? "&replication=true&from_zone=true" : "&replication=false&from_zone=true");
}

}  // namespace discovery::protocol
