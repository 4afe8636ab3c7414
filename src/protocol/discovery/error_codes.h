// The codes of the wire, and the one table from our errors to them (spec: discovery-api.md 3).
#pragma once

#include <string_view>

#include "base/result.h"

namespace discovery::protocol {

enum class Code : int {
  kOk = 0,
  kNotModified = -304,
  kBadRequest = -400,
  kUnauthorized = -401,
  kForbidden = -403,
  kNotFound = -404,
  kConflict = -409,
  kServerError = -500,  ///< Go clients wait a second and go to another node
};

constexpr Code wire_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kLimitExceeded:
      return Code::kBadRequest;
    case ErrorCode::kNotFound:
      return Code::kNotFound;
    case ErrorCode::kConflict:
      return Code::kConflict;
    case ErrorCode::kUnauthenticated:
      return Code::kUnauthorized;
    case ErrorCode::kForbidden:
      return Code::kForbidden;
    case ErrorCode::kExhausted:
    case ErrorCode::kUnavailable:
    case ErrorCode::kInternal:
      return Code::kServerError;
  }
  return Code::kServerError;
}

/// For errors of the codecs, which know a limit but not the keys by which it is configured.
inline Error name_limit(Error error, std::string_view keys) {
  if (error.code == ErrorCode::kLimitExceeded) error.message.append(" (").append(keys).append(")");
  return error;
}

}  // namespace discovery::protocol
