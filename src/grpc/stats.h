// What a gRPC server counts, per reactor. Every number is written by one reactor and read by anybody (net/stats.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "grpc/service.h"
#include "grpc/status.h"
#include "net/stats.h"

namespace discovery::grpc {

/// Why something was refused or ended on the server's initiative.
enum class Rule : uint8_t {
  // a call
  kContentType,  ///< HTTP 415, 404 or 405: no gRPC call
  kUnknownMethod,
  kEncoding,      ///< a compressed message, or a coding we do not speak
  kTimeoutField,  ///< grpc-timeout cannot be read
  kHeaderBytes,
  kMessageBytes,
  kCardinality,  ///< no message or several, where one is due
  kTruncated,    ///< the client ended within a message
  kPartialBytes,
  kSlowMessage,
  kUnsent,  ///< Limits::unsent_bytes_max, or the server's
  kStalled,
  kCalls,
  kDrain,  ///< the server stops
  // a connection
  kResets,
  kControlFrames,
  kFlooded,  ///< counted by nghttp2: answers queued, settings, CONTINUATION
  kHeadBomb,
  kProtocol,  ///< an error of HTTP/2
  kPreface,
  kIdle,
  kWriteStall,
  kPing,
};
inline constexpr size_t kRules = 23;
/// "content_type"
[[nodiscard]] std::string_view rule_name(Rule rule);

/// Plain values, to add up over reactors.
struct ServerStats {
  uint64_t connections = 0;       ///< open now, HTTP/2
  uint64_t connections_made = 0;  ///< ever, HTTP/2
  uint64_t http1_made = 0;        ///< that spoke HTTP/1 on this port, ever
  uint64_t open_calls = 0;        ///< now
  uint64_t messages_in = 0;
  uint64_t messages_out = 0;
  uint64_t unsent_bytes = 0;  ///< of messages that wait for their clients, now
  std::array<uint64_t, kRules> refused{};
  /// By method, in the order of Service::methods(), then one row of those that have none; by code. kCancelled: by the
  /// client, or by the end of its connection, which is how most streams end.
  std::vector<std::array<uint64_t, kCodes>> calls;

  void add(const ServerStats& other);
};

/// The same as one reactor counts it.
struct ReactorCounts {
  explicit ReactorCounts(size_t methods) : calls(methods + 1) {}

  net::Counter connections, connections_made, http1_made, open_calls, messages_in, messages_out, unsent_bytes;
  std::array<net::Counter, kRules> refused;
  std::vector<std::array<net::Counter, kCodes>> calls;

  void count(Rule rule) { refused[static_cast<size_t>(rule)].add(); }
  /// `method` may be calls.size() - 1: none.
  void count_call(size_t method, Code code) { calls[method][static_cast<size_t>(code)].add(); }
  [[nodiscard]] ServerStats snapshot() const;
};

}  // namespace discovery::grpc
