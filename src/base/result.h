// What a function returns when input from outside can make it fail.
//
// Every failure that a client, a peer, a file or the configuration can cause is an Error; each protocol owns one table
// from ErrorCode to its wire codes (src/protocol/*/error_codes.h), and a test visits every enumerator. A broken
// invariant of our own is no Error: see check.h.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace discovery {

enum class ErrorCode : uint8_t {
  kInvalidArgument,  ///< the request itself is wrong; repeating it unchanged is useless
  kNotFound,         ///< names something that is not here
  kConflict,         ///< older than what is stored
  kLimitExceeded,    ///< well formed, but past a configured limit of the request
  kExhausted,        ///< a limit of the node as a whole is reached; another node may have room
  kUnavailable,      ///< not now: starting, draining
  kUnauthenticated,  ///< who asks is not known, and it takes somebody who is
  kForbidden,        ///< who asks may not
  kInternal,         ///< our fault
};
inline constexpr int kErrorCodeCount = 9;

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  ///< for people; never parsed
};

/// Called by Result::value() on an error; code that handles outside input asks has_value() first.
[[noreturn]] inline void throw_exception_from_error(const Error& e, const boost::source_location& /*where*/) {
  throw std::runtime_error(e.message);
}

template <class T>
using Result = boost::system::result<T, Error>;

inline Error invalid(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }
inline Error not_found(std::string message) { return {ErrorCode::kNotFound, std::move(message)}; }

}  // namespace discovery
