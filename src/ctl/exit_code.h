// How the tool ends, and why it could not do what it was asked.
//
// Thread: values. Errors: a verb returns an Outcome; run() (program.h) writes the message to standard error. A message
// names the node it is about and what to do; text that came from a node is made printable where the message is made.
// Source: operations.md 6, "non-zero on error"; docs/discoveryctl.md has the table.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace discovery::ctl {

enum class Exit : uint8_t {
  kDone = 0,
  kRefused = 1,   ///< a node refused, nothing was found, nodes differ
  kUsage = 2,     ///< what was typed
  kNoAnswer = 3,  ///< no node answered
};

struct Failure {
  /// Not an aggregate: a result of an Exit must not be taken for its failure.
  Failure() : Failure(Exit::kRefused, "") {}
  Failure(Exit with, std::string why) : exit(with), message(std::move(why)) {}

  Exit exit;
  std::string message;
  bool unknown = false;  ///< the node knows nothing of that name
};
[[noreturn]] inline void throw_exception_from_error(const Failure& f, const boost::source_location& /*where*/) {
  throw std::runtime_error(f.message);
}

template <class T>
using Outcome = boost::system::result<T, Failure>;

inline Failure refused(std::string message) { return {Exit::kRefused, std::move(message)}; }
inline Failure misused(std::string message) { return {Exit::kUsage, std::move(message)}; }
inline Failure unanswered(std::string message) { return {Exit::kNoAnswer, std::move(message)}; }

}  // namespace discovery::ctl
