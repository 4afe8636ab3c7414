// What registries answer, read with suspicion. Pure.
//
// Errors: kMalformed with where; kLimit past AnswerLimits. Nothing throws, whatever the bytes. Timestamps are read as
// 64-bit integers: 19 digits do not fit a double. Limits: kDepthMax of nesting, instances_max; the size is the reader's
// business. Source: docs/http-api.md (envelope, Instances, polls).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "discovery/instance.h"

namespace discovery::client {

inline constexpr size_t kDepthMax = 32;

/// Codes of the envelope.
inline constexpr int kCodeOk = 0;
inline constexpr int kCodeNotModified = -304;
inline constexpr int kCodeBadRequest = -400;
inline constexpr int kCodeNotFound = -404;
inline constexpr int kCodeUnavailable = -500;

struct Envelope {
  int code = 0;
  std::string message;
};
[[nodiscard]] Error read_envelope(std::string_view body, Envelope& into);

struct PollsAnswer {
  Envelope envelope;
  std::vector<InstanceList> lists;   ///< those that could be read
  std::vector<std::string> unknown;  ///< error["-404"]
  Error bad;                         ///< of the first list that could not be read, or was null
};
/// `lists` and `unknown` are read of code 0 only.
[[nodiscard]] Error read_polls(std::string_view body, size_t instances_max, PollsAnswer& into);

struct FetchAnswer {
  Envelope envelope;
  InstanceList list;  ///< of code 0
};
[[nodiscard]] Error read_fetch(std::string_view body, std::string_view appid, size_t instances_max, FetchAnswer& into);

}  // namespace discovery::client
