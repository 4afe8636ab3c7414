// Parameters of a request as the fields of an argument struct (spec: discovery-api.md 2).
//
// Call one method per field, in the order of the wire's struct, then finish(): the first value that does not parse is
// the error; else all required fields that are missing, one line each, worded as the original does.
// Values of appid, env, zone and hostname must be UTF-8 and at most name_bytes_max long, and env must not begin with
// the mark of the environments that no client may see (registry/origin.h); other text is for the caller to repair.
// Views are those of Params. Thread: none of its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/params.h"

namespace discovery::protocol {

class Binder {
 public:
  /// `struct_name`: as the original calls its argument struct, for the messages ("ArgRegister").
  Binder(const codec::Params& params, std::string_view struct_name, size_t name_bytes_max)
      : params_(params), struct_(struct_name), name_bytes_max_(name_bytes_max) {}

  std::string_view text(std::string_view name) { return params_.first(name); }
  /// An identifier: required, UTF-8, at most name_bytes_max bytes.
  std::string_view name(std::string_view name, std::string_view field);
  /// An identifier that may be left out.
  std::string_view optional_name(std::string_view name);
  uint32_t required_u32(std::string_view name, std::string_view field);
  int64_t i64(std::string_view name);
  bool flag(std::string_view name);
  /// Every value, split at commas, empty items dropped.
  std::vector<std::string_view> comma_list(std::string_view name);
  std::vector<std::string_view> required_comma_list(std::string_view name, std::string_view field);
  /// The same of identifiers.
  std::vector<std::string_view> required_name_list(std::string_view name, std::string_view field);
  /// Every value that is not empty, not split.
  std::vector<std::string_view> list(std::string_view name);
  std::vector<int64_t> i64_comma_list(std::string_view name);
  /// A check of our own on a bound value; like a value that does not parse.
  void require(bool holds, ErrorCode code, std::string_view message);

  [[nodiscard]] Result<void> finish();

 private:
  void fail(Error error);
  void missing(std::string_view field, std::string_view tag);
  void check_name(std::string_view name, std::string_view value);

  const codec::Params& params_;
  std::string_view struct_;
  size_t name_bytes_max_;
  std::optional<Error> error_;
  std::string missing_;
};

}  // namespace discovery::protocol
