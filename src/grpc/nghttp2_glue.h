// nghttp2 as Connection uses it: its callbacks, and a session with our limits.
//
// Thread: a session belongs to one reactor. Source: nghttp2.h of 1.52 with Debian's backports of
// nghttp2_option_set_stream_reset_rate_limit (CVE-2023-44487) and _max_continuations (CVE-2024-28182).
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <string_view>

namespace discovery::grpc {

class Connection;

/// A server's session whose callbacks call `connection`; null: no memory. Its SETTINGS are submitted.
[[nodiscard]] nghttp2_session* new_session(Connection& connection, uint32_t streams_max, size_t header_bytes_max);

/// Reads what waits in a Stream, `source.ptr`.
[[nodiscard]] nghttp2_data_provider stream_source(void* stream);

/// Both have to live until the submit function returns, which copies them.
[[nodiscard]] inline nghttp2_nv field(std::string_view name, std::string_view value,
                                      uint8_t flags = NGHTTP2_NV_FLAG_NONE) {
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(), flags};
}

[[nodiscard]] inline std::string_view view(const uint8_t* bytes, size_t n) {
  return {reinterpret_cast<const char*>(bytes), n};
}

}  // namespace discovery::grpc
