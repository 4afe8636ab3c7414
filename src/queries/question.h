// The parameters of an operator's question, read from the query of a request.
//
// A parameter that is not known is an error, so that a misspelt filter does not answer something else. Of a parameter
// given twice the first counts.
// Lifecycle: the texts are views into the query and into this object. Thread: none of its own.
// Limits: kParamsMax parameters. Errors: kInvalidArgument, with the name of the parameter and what is expected.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "codec/params.h"

namespace discovery::queries {

class Question {
 public:
  static constexpr size_t kParamsMax = 16;

  [[nodiscard]] static Result<Question> read(std::string_view query, std::initializer_list<std::string_view> known);

  [[nodiscard]] bool has(std::string_view name) const { return params_->has(name); }
  /// "" when it was not given.
  [[nodiscard]] std::string_view text(std::string_view name) const { return params_->first(name); }
  /// Fails where one of them was not given, or is empty.
  [[nodiscard]] Result<void> require(std::initializer_list<std::string_view> names) const;

  struct Bounds {
    uint64_t least = 0;
    uint64_t most = UINT64_MAX;
    uint64_t absent = 0;  ///< the value where it was not given
  };
  [[nodiscard]] Result<uint64_t> number(std::string_view name, const Bounds& bounds) const;
  /// See parse_moment().
  [[nodiscard]] Result<TimePoint> moment(std::string_view name, TimePoint now, TimePoint absent) const;

 private:
  std::unique_ptr<codec::Params> params_ = std::make_unique<codec::Params>();  // which cannot be moved
};

/// RFC 3339 in UTC to the second (2026-11-28T09:30:00Z), Unix seconds or, past the year 2255, Unix nanoseconds, or a
/// duration (codec/quantities.h), which means so long ago.
[[nodiscard]] Result<TimePoint> parse_moment(std::string_view text, TimePoint now);

}  // namespace discovery::queries
