// The byte stream below a session: a socket in the daemon, a script in tests. Nothing here blocks.
//
// Callbacks: the transport calls on_readable(), on_writable() and on_soon() of its session, always from the event loop,
// never from within one of the functions below. Thread: one reactor's.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace discovery::net {

struct IoResult {
  enum class Kind : unsigned char {
    kDone,        ///< `bytes` were moved, at least one
    kWouldBlock,  ///< nothing was moved
    kEnd,         ///< the peer has finished sending (read only)
    kFailed,      ///< the connection is broken
  };
  Kind kind = Kind::kFailed;
  size_t bytes = 0;
};

class Transport {
 public:
  /// Precondition: `into` is not empty.
  virtual IoResult read(std::span<char> into) = 0;
  /// Gathers; may write a part. At most kGatherMax pieces, at least one byte in all.
  virtual IoResult write(std::span<const std::string_view> pieces) = 0;
  static constexpr size_t kGatherMax = 64;

  /// One on_readable() when bytes, the end or an error can be read; asking again before that changes nothing.
  virtual void wait_readable() = 0;
  /// The same for on_writable().
  virtual void wait_writable() = 0;
  /// One on_soon() in a later turn of the loop, for work that is put off; asking again before that changes nothing.
  virtual void call_soon() = 0;

  virtual void shutdown_send() = 0;
  /// The session's last call, made once. No callback follows; the owner destroys the session, but not within this call.
  virtual void close() = 0;

 protected:
  ~Transport() = default;
};

}  // namespace discovery::net
