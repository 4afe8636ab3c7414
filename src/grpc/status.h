// How a gRPC call ends: a code and a text.
//
// Source: github.com/grpc/grpc doc/statuscodes.md; the numbers stand on the wire (trailer grpc-status).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace discovery::grpc {

enum class Code : uint8_t {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};
inline constexpr size_t kCodes = 17;

/// "OK", "INVALID_ARGUMENT"; the names of the source, for metrics and logs.
[[nodiscard]] std::string_view code_name(Code code);

struct Status {
  Code code = Code::kOk;
  std::string message;  ///< any bytes: what is not printable ASCII is escaped on the wire
};

}  // namespace discovery::grpc
