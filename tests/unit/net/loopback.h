// A blocking client socket on the loopback, with a deadline on everything, and a server to talk to.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "net/listener.h"

namespace discovery::net {

inline constexpr std::chrono::seconds kPatience{20};  ///< a machine under load is slow, not wrong

/// Waits until `condition` holds, at most kPatience.
inline bool eventually(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

/// The share of a processor that this process takes until the socket has one of these events, or for 0.3 s.
inline double processor_share_until(int descriptor, short events) {
  const std::clock_t cpu = std::clock();
  const auto begin = std::chrono::steady_clock::now();
  pollfd wait{descriptor, events, 0};
  ::poll(&wait, 1, 300);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  return static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC / took.count();
}

/// The first whole answer with Content-Length off the front of what was read; "" when it is not whole.
inline std::string take_answer(std::string& read) {
  const size_t end = read.find("\r\n\r\n");
  if (end == std::string::npos) return "";
  const size_t field = read.find("Content-Length: ");
  const size_t length = field < end ? std::stoul(read.substr(field + 16)) : 0;
  if (read.size() < end + 4 + length) return "";
  std::string answer = read.substr(0, end + 4 + length);
  read.erase(0, answer.size());
  return answer;
}

/// "(none)" of no answer.
inline std::string body_of_answer(const std::string& answer) {
  return answer.empty() ? "(none)" : answer.substr(answer.find("\r\n\r\n") + 4);
}

class Client {
 public:
  explicit Client(const ListenAddress& address, int receive_buffer = 0) {
    const bool ipv6 = address.host.find(':') != std::string::npos;
    descriptor_ = ::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor_ < 0) return;
    if (receive_buffer > 0) {
      ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    const timeval patience{kPatience.count(), 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_storage to{};
    socklen_t bytes = 0;
    if (ipv6) {
      auto& in6 = reinterpret_cast<sockaddr_in6&>(to);
      in6.sin6_family = AF_INET6;
      in6.sin6_port = htons(address.port);
      ::inet_pton(AF_INET6, address.host.c_str(), &in6.sin6_addr);
      bytes = sizeof in6;
    } else {
      auto& in = reinterpret_cast<sockaddr_in&>(to);
      in.sin_family = AF_INET;
      in.sin_port = htons(address.port);
      ::inet_pton(AF_INET, address.host.c_str(), &in.sin_addr);
      bytes = sizeof in;
    }
    connected_ = ::connect(descriptor_, reinterpret_cast<sockaddr*>(&to), bytes) == 0;
  }
  Client(Client&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)),
        connected_(other.connected_),
        read_(std::move(other.read_)) {}
  ~Client() { close(); }
  Client& operator=(Client&&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  /// The peer sees a reset.
  void reset() {
    const linger hard{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close();
  }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }
  /// One whole answer with Content-Length; "" when the connection ended or patience did.
  std::string read_answer() {
    std::string answer = take_answer(read_);
    while (answer.empty() && read_more()) answer = take_answer(read_);
    return answer;
  }
  /// The body of the next answer, "(none)" when there is no answer.
  std::string read_body() { return body_of_answer(read_answer()); }
  std::string ask(std::string_view target) {
    send("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    return read_body();
  }
  /// Everything up to the end of the connection.
  std::string read_to_end() {
    while (read_more()) {
    }
    return std::exchange(read_, {});
  }
  /// The server has ended the connection, with or without a reset.
  bool ended() {
    pollfd wait{descriptor_, POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count())) <= 0) return false;
    char byte;
    return ::recv(descriptor_, &byte, 1, 0) <= 0;
  }

 private:
  bool read_more() {
    char buffer[65536];
    const ssize_t n = ::recv(descriptor_, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    read_.append(buffer, static_cast<size_t>(n));
    return true;
  }

  int descriptor_ = -1;
  bool connected_ = false;
  std::string read_;
};

}  // namespace discovery::net
