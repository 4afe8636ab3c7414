#include "protocol/discovery/binder.h"

#include "codec/text.h"
#include "codec/typed.h"
#include "registry/origin.h"

namespace discovery::protocol {

void Binder::fail(Error error) {
  if (!error_) error_ = std::move(error);
}

void Binder::missing(std::string_view field, std::string_view tag) {
  if (!missing_.empty()) missing_ += '\n';
  missing_.append("Key: '").append(struct_).append(".").append(field);
  missing_.append("' Error:Field validation for '").append(field).append("' failed on the '").append(tag);
  missing_.append("' tag");
}

void Binder::check_name(std::string_view name, std::string_view value) {
  if (value.size() > name_bytes_max_) {
    fail({ErrorCode::kLimitExceeded, std::string(name) + " is longer than limits.name_bytes allows"});
  } else if (!codec::is_utf8(value)) {
    fail(invalid(std::string(name) + " is not UTF-8"));
  } else if (name == "env" && registry::is_reserved_env(value)) {
    fail(invalid("env begins with a byte that is kept for the node itself"));
  }
}

std::string_view Binder::name(std::string_view name, std::string_view field) {
  const std::string_view value = params_.first(name);
  if (value.empty()) missing(field, "required");
  check_name(name, value);
  return value;
}

std::string_view Binder::optional_name(std::string_view name) {
  const std::string_view value = params_.first(name);
  check_name(name, value);
  return value;
}

uint32_t Binder::required_u32(std::string_view name, std::string_view field) {
  const auto value = codec::parse_u32(params_.first(name));
  if (!value) {
    fail(value.error());
    return 0;
  }
  if (*value == 0) missing(field, "required");
  return *value;
}

int64_t Binder::i64(std::string_view name) {
  const auto value = codec::parse_i64(params_.first(name));
  if (value) return *value;
  fail(value.error());
  return 0;
}

bool Binder::flag(std::string_view name) { return codec::parse_bool(params_.first(name)); }

std::vector<std::string_view> Binder::comma_list(std::string_view name) {
  std::vector<std::string_view> items;
  params_.each(name, [&](std::string_view value) {
    codec::split_commas(value, [&](std::string_view item) { items.push_back(item); });
  });
  return items;
}

std::vector<std::string_view> Binder::required_comma_list(std::string_view name, std::string_view field) {
  auto items = comma_list(name);
  if (items.empty()) missing(field, "gt");
  return items;
}

std::vector<std::string_view> Binder::required_name_list(std::string_view name, std::string_view field) {
  auto items = required_comma_list(name, field);
  for (const std::string_view item : items) check_name(name, item);
  return items;
}

std::vector<std::string_view> Binder::list(std::string_view name) {
  std::vector<std::string_view> items;
  params_.each(name, [&](std::string_view value) {
    if (!value.empty()) items.push_back(value);
  });
  return items;
}

std::vector<int64_t> Binder::i64_comma_list(std::string_view name) {
  std::vector<int64_t> numbers;
  for (const std::string_view item : comma_list(name)) {
    const auto value = codec::parse_i64(item);
    if (value) {
      numbers.push_back(*value);
    } else {
      fail(value.error());
    }
  }
  return numbers;
}

void Binder::require(bool holds, ErrorCode code, std::string_view message) {
  if (!holds) fail({code, std::string(message)});
}

Result<void> Binder::finish() {
  if (error_) return *std::move(error_);
  if (!missing_.empty()) return invalid(std::move(missing_));
  return {};
}

}  // namespace discovery::protocol
