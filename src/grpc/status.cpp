#include "grpc/status.h"

#include <array>

namespace discovery::grpc {

std::string_view code_name(Code code) {
  static constexpr std::array<std::string_view, kCodes> kNames = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  const auto at = static_cast<size_t>(code);
  return at < kNames.size() ? kNames[at] : "UNKNOWN";
}

}  // namespace discovery::grpc
