// The parameters of one request: one list of values per name, in the order they were added. Add the body first, then
// the query (discovery-api.md section 2).
//
// Lifecycle: one object per reactor; clear() before each request. Names and values are views into the text handed in,
// or, where they had to be decoded, into storage of this object that never moves until clear(). So every text handed
// in outlives the use of the views.
// Thread: none of its own.
// Limits: `params_max` counts over all add_* calls since clear(), dropped ones included; one more is kLimitExceeded.
// clear() keeps at most 64 KiB for the list and as much for decoded text.
// Errors: after a failed add_* the object holds what came before the failure; give the request up.
// Cost: adding is linear in the text and, once warm, allocates nothing; looking up is linear in the parameters.
// Bytes are taken as they come: whether a value is UTF-8 is for the protocol to judge.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/byte_arena.h"

namespace discovery::codec {

struct Param {
  std::string_view name;
  std::string_view value;
};

class Params {
 public:
  Params() = default;
  Params(const Params&) = delete;
  Params& operator=(const Params&) = delete;

  /// A query, or a body of application/x-www-form-urlencoded. Pairs with an invalid escape and pairs containing ';'
  /// are dropped silently, empty pairs are nothing. Fails by the limit only.
  [[nodiscard]] Result<void> add_urlencoded(std::string_view text, size_t params_max);

  /// A body of multipart/form-data (RFC 7578, 2046); `content_type` is the header's value and names the boundary.
  /// Parts with a file name are ignored. kInvalidArgument: no usable boundary, no closing delimiter, a part that is
  /// not form-data or has no name.
  [[nodiscard]] Result<void> add_multipart(std::string_view body, std::string_view content_type, size_t params_max);

  /// A body of application/json, an object. Its member names are compared to `known` without regard to case (ASCII)
  /// and underscores; what matches is added under the text of `known`, the rest is skipped. A string gives its text,
  /// a number its characters as written, a boolean `true` or `false`, an array each of its items, null nothing.
  /// A member that occurs twice adds to its list. A lone surrogate escape becomes U+FFFD.
  /// kInvalidArgument: no valid JSON, no object, nested deeper than JsonReader::kDepthMax, a known member holding an
  /// object or an array within an array.
  [[nodiscard]] Result<void> add_json(std::string_view body, std::span<const std::string_view> known,
                                      size_t params_max);

  /// The first value of that name, "" when there is none.
  [[nodiscard]] std::string_view first(std::string_view name) const {
    const Param* p = find(name);
    return p ? p->value : std::string_view();
  }
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }

  /// Calls f(std::string_view value) for each value of that name, in order.
  template <class F>
  void each(std::string_view name, F f) const {
    for (const Param& p : params_) {
      if (p.name == name) f(p.value);
    }
  }
  [[nodiscard]] std::span<const Param> all() const { return params_; }

  void clear();

 private:
  [[nodiscard]] const Param* find(std::string_view name) const {
    for (const Param& p : params_) {
      if (p.name == name) return &p;
    }
    return nullptr;
  }
  /// Counts one more parameter, kept or dropped.
  [[nodiscard]] Result<void> count_one(size_t params_max);
  /// False when `text` holds an invalid escape.
  [[nodiscard]] bool decode_form(std::string_view& text);
  /// `raw`: the characters between the quotes of a JSON string.
  std::string_view decode_json(std::string_view raw);
  /// The value of an unquoted or quoted (its quotes removed) parameter of a header.
  std::string_view decode_quoted(std::string_view raw);
  [[nodiscard]] Result<void> add_part(std::string_view part);

  std::vector<Param> params_;
  ByteArena decoded_;
  size_t counted_ = 0;
};

}  // namespace discovery::codec
