// What an HttpClient is told and what it answers, free of sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "codec/http.h"

namespace discovery::net {

struct ClientEndpoint {
  std::string host;  ///< an address literal without brackets, or a name that is resolved at every dial
  uint16_t port = 0;
  std::string bind_address{};  ///< a literal, the local address of the connection; "": the kernel chooses
};

struct ClientLimits {
  Duration dial = std::chrono::seconds(1);          ///< resolving and connecting together, over all addresses of a name
  Duration timeout = std::chrono::seconds(5);       ///< a whole request with its dial, where request() is told none
  Duration keep_alive = std::chrono::seconds(120);  ///< a connection without a request is closed after it
  size_t answer_bytes_max = size_t{20} * 1024 * 1024;  ///< of the body, chunks removed
};

struct ClientRequest {
  codec::Method method = codec::Method::kGet;  ///< not kOther
  std::string target{};                        ///< path and query, encoded: no blank, no control character
  std::string content_type{};                  ///< "": none
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};  ///< further ones; no control character in either
};

struct ClientAnswer {
  int status = 0;
  std::string body;
};

enum class ClientFailure : uint8_t {
  kRefused,       ///< the port answered that nobody listens there, at every address that could be asked
  kUnreachable,   ///< not resolved, no route, no such local address, no descriptor left
  kTimeout,       ///< of the dial or of the request
  kBroken,        ///< the connection ended before the answer did; the request may have been carried out
  kTooLarge,      ///< the answer passes a limit
  kGarbage,       ///< what came is no HTTP/1.x answer
  kNotConnected,  ///< Connect::kReuse without an open connection; nothing was sent
  kStopped,       ///< close() was called meanwhile
};
inline constexpr int kClientFailureCount = 8;

/// For logs and labels of metrics: "refused".
[[nodiscard]] std::string_view to_string(ClientFailure failure);

/// Called by ClientResult::value() on a failure.
[[noreturn]] inline void throw_exception_from_error(ClientFailure failure, const boost::source_location& /*where*/) {
  throw std::runtime_error(std::string(to_string(failure)));
}

using ClientResult = boost::system::result<ClientAnswer, ClientFailure>;
using ClientDone = std::function<void(ClientResult)>;

}  // namespace discovery::net
