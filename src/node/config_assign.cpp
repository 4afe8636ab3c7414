#include "node/config_assign.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "codec/text.h"
#include "node/config_address.h"

namespace discovery::node {
namespace {

constexpr size_t kTextBytesMax = 4096;
constexpr size_t kItemsMax = 1000;
constexpr size_t kListenMax = 16;

/// Values of the environment and flags are a text each; those of a file have kinds.
template <class T>
Result<RawValue> raw(Result<T> value) {
  if (!value) return value.error();
  if constexpr (std::is_same_v<T, uint64_t>) {
    return RawValue(static_cast<int64_t>(*value));  // parse_number(): at most 2^63 - 1
  } else {
    return RawValue(std::move(*value));
  }
}

Error unfit(const KeySpec& key, std::string_view expected, const RawValue& raw) {
  struct Describe {
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(int64_t value) const { return std::to_string(value); }
    std::string operator()(double) const { return "a fraction"; }
    std::string operator()(const std::string& value) const { return shown(value); }
    std::string operator()(const std::vector<std::string>&) const { return "a list"; }
    std::string operator()(const ZoneNodes&) const { return "a section"; }
    std::string operator()(const UnfitValue& value) const { return std::string(value.what); }
  };
  const std::string found = key.secret ? "something else" : std::visit(Describe{}, raw);
  return invalid("expected " + std::string(expected) + ", found " + found);
}

Error out_of_range(const KeySpec& key, const std::string& value) {
  return invalid(value + " is out of range: " + std::string(key.min_text) + " to " + std::string(key.max_text) +
                 " is allowed");
}

template <class T>
T& field(const KeySpec& key, Config& config) {
  KeyField at = key.field(config);
  T** member = std::get_if<T*>(&at);
  DISCOVERY_CHECK(member != nullptr, "a key's type and its member agree");
  return **member;
}

/// A bound of the table.
template <class T>
T bound(Result<T> value) {
  DISCOVERY_CHECK(value.has_value(), "the bounds in the table of keys can be read");
  return *value;
}

Result<void> check_address(const Result<HostPort>& address) {
  if (!address) return address.error();
  return {};
}

Result<void> check_text(const KeySpec& key, std::string_view text) {
  if (Result<void> plain = check_plain_text(text, key.rule == TextRule::kName ? kNameBytesMax : kTextBytesMax);
      !plain) {
    return plain.error();
  }
  if (text.empty()) return {};
  if (key.rule == TextRule::kListen) return check_address(parse_listen_address(text));
  if (key.rule == TextRule::kPeer) return check_address(parse_peer_address(text));
  if (key.rule == TextRule::kIp && !is_ip_address(text)) return invalid(shown(text) + " is no IP address");
  return {};
}

Result<void> check_items(const KeySpec& key, const std::vector<std::string>& items) {
  const size_t most = key.rule == TextRule::kListen ? kListenMax : kItemsMax;
  if (items.size() > most) {
    return invalid("has " + std::to_string(items.size()) + " items; at most " + std::to_string(most) + " are allowed");
  }
  for (auto item = items.begin(); item != items.end(); ++item) {
    if (item->empty()) return invalid("an item of the list is empty");
    if (Result<void> good = check_text(key, *item); !good) return good.error();
    if (std::find(items.begin(), item, *item) != item) return invalid(shown(*item) + " stands there twice");
  }
  return {};
}

Result<void> assign_bool(const KeySpec& key, const RawValue& raw, Config& config) {
  const bool* value = std::get_if<bool>(&raw);
  if (value == nullptr) return unfit(key, "true or false", raw);
  field<bool>(key, config) = *value;
  return {};
}

Result<void> assign_number(const KeySpec& key, const RawValue& raw, Config& config) {
  const int64_t* value = std::get_if<int64_t>(&raw);
  if (value == nullptr) return unfit(key, "a whole number", raw);
  if (*value < 0 || static_cast<uint64_t>(*value) < bound(parse_number(key.min_text)) ||
      static_cast<uint64_t>(*value) > bound(parse_number(key.max_text))) {
    return out_of_range(key, std::to_string(*value));
  }
  field<uint64_t>(key, config) = static_cast<uint64_t>(*value);
  return {};
}

Result<void> assign_fraction(const KeySpec& key, const RawValue& raw, Config& config) {
  double value = 0;
  if (const double* fraction = std::get_if<double>(&raw)) {
    value = *fraction;
  } else if (const int64_t* whole = std::get_if<int64_t>(&raw)) {
    value = static_cast<double>(*whole);
  } else {
    return unfit(key, "a number such as 0.85", raw);
  }
  // Written so that NaN is out of range.
  if (!(value >= bound(parse_fraction(key.min_text)) && value <= bound(parse_fraction(key.max_text)))) {
    return out_of_range(key, format_fraction(value));
  }
  field<double>(key, config) = value;
  return {};
}

Result<void> assign_duration(const KeySpec& key, const RawValue& raw, Config& config) {
  if (const int64_t* bare = std::get_if<int64_t>(&raw)) {
    return invalid(std::to_string(*bare) + " has no unit; write a duration such as \"" + std::string(key.default_text) +
                   "\"");
  }
  const std::string* text = std::get_if<std::string>(&raw);
  if (text == nullptr) return unfit(key, "a duration such as \"" + std::string(key.default_text) + "\"", raw);
  const Result<Duration> value = parse_duration(*text);
  if (!value) return value.error();
  if (*value < bound(parse_duration(key.min_text)) || *value > bound(parse_duration(key.max_text))) {
    return out_of_range(key, shown(*text));
  }
  field<Duration>(key, config) = *value;
  return {};
}

Result<void> assign_size(const KeySpec& key, const RawValue& raw, Config& config) {
  uint64_t bytes = 0;
  std::string written;
  if (const int64_t* number = std::get_if<int64_t>(&raw)) {
    written = std::to_string(*number);
    if (*number < 0) return out_of_range(key, written);
    bytes = static_cast<uint64_t>(*number);
  } else if (const std::string* text = std::get_if<std::string>(&raw)) {
    const Result<uint64_t> size = parse_size(*text);
    if (!size) return size.error();
    bytes = *size;
    written = shown(*text);
  } else {
    return unfit(key, "a size such as \"64MiB\" or 4096", raw);
  }
  if (bytes < bound(parse_size(key.min_text)) || bytes > bound(parse_size(key.max_text))) {
    return out_of_range(key, written);
  }
  field<uint64_t>(key, config) = bytes;
  return {};
}

Result<void> assign_text(const KeySpec& key, const RawValue& raw, Config& config) {
  const std::string* text = std::get_if<std::string>(&raw);
  if (text == nullptr) return unfit(key, "text in quotes", raw);
  if (Result<void> good = check_text(key, *text); !good) {
    return key.secret ? invalid("is not valid") : good.error();
  }
  field<std::string>(key, config) = *text;
  return {};
}

Result<void> assign_choice(const KeySpec& key, const RawValue& raw, Config& config) {
  const auto choices = choices_of(key.rule);
  std::string expected;
  for (const std::string_view choice : choices) (expected += expected.empty() ? "" : ", ") += choice;
  const std::string* text = std::get_if<std::string>(&raw);
  if (text == nullptr) return unfit(key, "one of " + expected, raw);
  for (size_t i = 0; i < choices.size(); ++i) {
    if (!codec::equals_ignoring_case(choices[i], *text)) continue;
    if (key.rule == TextRule::kLevel) field<observe::LogLevel>(key, config) = static_cast<observe::LogLevel>(i);
    if (key.rule == TextRule::kFormat) field<observe::LogFormat>(key, config) = static_cast<observe::LogFormat>(i);
    if (key.rule == TextRule::kProtect) field<ProtectWhen>(key, config) = static_cast<ProtectWhen>(i);
    if (key.rule == TextRule::kViolation) {
      field<sandbox::Violation>(key, config) = static_cast<sandbox::Violation>(i);
    }
    return {};
  }
  return invalid(shown(*text) + " is none of: " + expected);
}

Result<void> assign_list(const KeySpec& key, const RawValue& raw, Config& config) {
  std::vector<std::string> items;
  if (const auto* list = std::get_if<std::vector<std::string>>(&raw)) {
    items = *list;
  } else if (const std::string* text = std::get_if<std::string>(&raw)) {
    items = {*text};
  } else {
    return unfit(key, "a list of texts", raw);
  }
  if (Result<void> good = check_items(key, items); !good) return good.error();
  field<std::vector<std::string>>(key, config) = std::move(items);
  return {};
}

Result<void> assign_zones(const KeySpec& key, const RawValue& raw, Config& config) {
  const auto* zones = std::get_if<ZoneNodes>(&raw);
  if (zones == nullptr) return unfit(key, "a section: zone = [\"host:port\"]", raw);
  if (zones->size() > kItemsMax) return invalid("has more than " + std::to_string(kItemsMax) + " zones");
  for (const auto& [name, nodes] : *zones) {
    if (name.empty()) return invalid("the name of a zone is empty");
    if (Result<void> good = check_plain_text(name, kNameBytesMax); !good) return good.error();
    if (Result<void> good = check_items(key, nodes); !good) return invalid(shown(name) + ": " + good.error().message);
  }
  field<ZoneNodes>(key, config) = *zones;
  return {};
}

/// Bare when it is a number of bytes, in quotes when it has a unit.
std::string format_size_value(uint64_t bytes) {
  const std::string text = format_size(bytes);
  return text == std::to_string(bytes) ? text : quote_toml(text);
}

template <class Enum>
size_t index_of(const KeySpec& key, Config& config) {
  return static_cast<size_t>(field<Enum>(key, config));
}

size_t choice_index(const KeySpec& key, Config& config) {
  if (key.rule == TextRule::kLevel) return index_of<observe::LogLevel>(key, config);
  if (key.rule == TextRule::kFormat) return index_of<observe::LogFormat>(key, config);
  if (key.rule == TextRule::kViolation) return index_of<sandbox::Violation>(key, config);
  return index_of<ProtectWhen>(key, config);
}

/// Members are found through a mutable Config; what is found is only read.
KeyField field_of(const KeySpec& key, const Config& config) { return key.field(const_cast<Config&>(config)); }

}  // namespace

Result<RawValue> raw_from_text(const KeySpec& key, std::string_view text) {
  switch (key.type) {
    case KeyType::kBool:
      if (codec::equals_ignoring_case(text, "true")) return RawValue(true);
      if (codec::equals_ignoring_case(text, "false")) return RawValue(false);
      break;  // assign() says what it wants
    case KeyType::kNumber:
      return raw(parse_number(text));
    case KeyType::kFraction:
      return raw(parse_fraction(text));
    case KeyType::kList:
      return RawValue(split_list(text));
    case KeyType::kZones:
      return raw(parse_zones(text));
    case KeyType::kDuration:
    case KeyType::kSize:
    case KeyType::kText:
    case KeyType::kChoice:
    case KeyType::kIgnored:
      break;
  }
  return RawValue(std::string(text));
}

Result<void> assign(const KeySpec& key, const RawValue& raw, Config& config) {
  switch (key.type) {
    case KeyType::kBool:
      return assign_bool(key, raw, config);
    case KeyType::kNumber:
      return assign_number(key, raw, config);
    case KeyType::kFraction:
      return assign_fraction(key, raw, config);
    case KeyType::kDuration:
      return assign_duration(key, raw, config);
    case KeyType::kSize:
      return assign_size(key, raw, config);
    case KeyType::kText:
      return assign_text(key, raw, config);
    case KeyType::kChoice:
      return assign_choice(key, raw, config);
    case KeyType::kList:
      return assign_list(key, raw, config);
    case KeyType::kZones:
      return assign_zones(key, raw, config);
    case KeyType::kIgnored:
      break;
  }
  return {};
}

std::string format_value(const KeySpec& key, const Config& config) {
  auto& values = const_cast<Config&>(config);  // only read, as in field_of()
  switch (key.type) {
    case KeyType::kBool:
      return field<bool>(key, values) ? "true" : "false";
    case KeyType::kNumber:
      return std::to_string(field<uint64_t>(key, values));
    case KeyType::kFraction:
      return format_fraction(field<double>(key, values));
    case KeyType::kDuration:
      return quote_toml(format_duration(field<Duration>(key, values)));
    case KeyType::kSize:
      return format_size_value(field<uint64_t>(key, values));
    case KeyType::kText:
      return quote_toml(field<std::string>(key, values));
    case KeyType::kChoice:
      return quote_toml(choices_of(key.rule)[choice_index(key, values)]);
    case KeyType::kList:
      return quote_toml_list(field<std::vector<std::string>>(key, values));
    case KeyType::kZones:
    case KeyType::kIgnored:
      break;
  }
  return {};
}

bool same_value(const KeySpec& key, const Config& a, const Config& b) {
  if (key.field == nullptr) return true;
  return std::visit(
      [](auto* left, auto* right) {
        if constexpr (std::is_same_v<decltype(left), decltype(right)>) return *left == *right;
        return false;
      },
      field_of(key, a), field_of(key, b));
}

void copy_value(const KeySpec& key, const Config& from, Config& to) {
  if (key.field == nullptr) return;
  std::visit(
      [](auto* source, auto* target) {
        if constexpr (std::is_same_v<decltype(source), decltype(target)>) *target = *source;
      },
      field_of(key, from), key.field(to));
}

}  // namespace discovery::node
