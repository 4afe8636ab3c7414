// What went wrong, as every call and callback of the client library tells it.
//
// An Error converts to true when there is one, as std::error_code does. `code` is for programs, `message` for people:
// it names the node and what it answered, and may change with each version. Thread: values. Errors: none of its own.
#pragma once

#include <string>
#include <system_error>

namespace discovery::client {

enum class Errc : int {
  kInvalid = 1,  ///< what the caller gave: a name, an address, an option
  kLimit,        ///< a limit of this library (docs/client.md)
  kNotFound,     ///< the registry does not know it
  kRefused,      ///< the registry answered that the request is wrong; another node would say the same
  kUnavailable,  ///< a node answered -500, or an HTTP status other than 200; another one may serve
  kUnreachable,  ///< nobody listens there, no route, no such name
  kTimeout,      ///< no whole answer in time
  kBroken,       ///< the connection ended before the answer did; the request may have been carried out
  kMalformed,    ///< what came is no answer of the protocol
  kTooLarge,     ///< the answer passes Options::answer_bytes_max
  kStopped,      ///< the client is gone, or the registration is cancelled
  kCallback,     ///< a callback of the caller threw; the client goes on
};
inline constexpr int kErrcCount = 12;

/// Named "discovery".
[[nodiscard]] const std::error_category& error_category() noexcept;
[[nodiscard]] inline std::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), error_category()};
}

struct Error {
  std::error_code code{};
  std::string message{};

  explicit operator bool() const noexcept { return static_cast<bool>(code); }
};

}  // namespace discovery::client

template <>
struct std::is_error_code_enum<discovery::client::Errc> : std::true_type {};
