// The fields of gRPC in heads and trailers: what they mean, and how a status is written.
//
// Thread: pure functions. Source: doc/PROTOCOL-HTTP2.md of gRPC.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace discovery::grpc {

/// Of a status message; what is longer is cut, so that the trailers always fit into one frame.
inline constexpr size_t kStatusMessageMax = 2048;

/// "application/grpc" or "application/grpc+proto", with or without parameters.
[[nodiscard]] bool is_grpc_content(std::string_view content_type);

/// grpc-timeout: one to eight digits and one of H, M, S, m, u, n. None: it is nothing of that kind. What is too long
/// for a Duration is the longest one.
[[nodiscard]] std::optional<Duration> parse_timeout(std::string_view text);

/// As grpc-message wants it: what is not printable ASCII, and '%', becomes %XX.
[[nodiscard]] std::string encode_message(std::string_view message);

}  // namespace discovery::grpc
