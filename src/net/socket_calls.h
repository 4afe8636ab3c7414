// Reading from and writing to a socket that does not block, begun again where a signal ended the call.
//
// The C library makes a cancellation point of each of these calls as soon as a process has threads, for two locked
// instructions; nobody cancels a thread here, so the system is called directly. Errors: -1 and errno, as recv() and
// send(). Thread: any.
#pragma once

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <span>
#include <string_view>

namespace discovery::net {

template <class Call>
ssize_t without_interruption(Call call) {
  ssize_t n = 0;
  do {
    n = call();
  } while (n < 0 && errno == EINTR);
  return n;
}

inline ssize_t receive(int descriptor, std::span<char> into) {
  return without_interruption(
      [&] { return ::syscall(SYS_recvfrom, descriptor, into.data(), into.size(), 0, nullptr, nullptr); });
}
/// Never raises SIGPIPE; nor does the next one.
inline ssize_t send_bytes(int descriptor, std::string_view bytes) {
  return without_interruption(
      [&] { return ::syscall(SYS_sendto, descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL, nullptr, 0); });
}
inline ssize_t send_gathered(int descriptor, const msghdr& message) {
  return without_interruption([&] { return ::syscall(SYS_sendmsg, descriptor, &message, MSG_NOSIGNAL); });
}

/// The socket has nothing to read, or no room to write.
inline bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

}  // namespace discovery::net
