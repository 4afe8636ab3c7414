// A registry of a test: what it answers to which request is a function of the test, down to the bytes.
//
// Listens on a port of the loopback that the system chose; a thread per connection. Thread: the answer function is
// called by several, one call at a time; the counts are read by the test's. Destroying it cuts every connection.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace discovery::client {

inline constexpr std::chrono::seconds kPatience{20};  ///< a machine under load is slow, not wrong

struct ScriptedRequest {
  std::string method;
  std::string target;
  std::string head;
  std::string body;

  [[nodiscard]] bool is(std::string_view path) const { return std::string_view(target).starts_with(path); }
  [[nodiscard]] bool has(std::string_view text) const { return target.find(text) != std::string::npos; }
};

/// Instead of bytes: nothing comes, and the connection stays; or it is closed.
inline const std::string kSilence = "(silence)";
inline const std::string kCut = "(cut)";

inline std::string http(int status, std::string_view body, std::string_view fields = "") {
  return "HTTP/1.1 " + std::to_string(status) + " Text\r\nContent-Type: application/json\r\n" + std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}
inline std::string json_answer(std::string_view body) { return http(200, body); }
inline const std::string kDone = json_answer(R"({"code":0,"message":"0","ttl":1})");

class ScriptedServer {
 public:
  using Script = std::function<std::string(const ScriptedRequest&)>;

  explicit ScriptedServer(Script script) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&in), sizeof in), 0);
    socklen_t bytes = sizeof in;
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&in), &bytes), 0);
    EXPECT_EQ(::listen(listener_, 64), 0);
    port_ = ntohs(in.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~ScriptedServer() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
    ::close(listener_);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] std::string text() const { return "127.0.0.1:" + std::to_string(port_); }
  /// Requests that came, to paths that begin so.
  [[nodiscard]] size_t count(std::string_view path) const {
    const std::lock_guard lock(mutex_);
    return count_locked(path);
  }
  [[nodiscard]] bool eventually_count(std::string_view path, size_t at_least) const {
    std::unique_lock lock(mutex_);
    return came_.wait_for(lock, kPatience, [&] { return count_locked(path) >= at_least; });
  }
  [[nodiscard]] std::vector<ScriptedRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  [[nodiscard]] size_t connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
  }

 private:
  [[nodiscard]] size_t count_locked(std::string_view path) const {
    size_t n = 0;
    for (const ScriptedRequest& request : requests_) n += request.is(path) ? 1U : 0U;
    return n;
  }

  void accept_all() {
    for (;;) {
      const int fd = ::accept(listener_, nullptr, nullptr);
      const std::lock_guard lock(mutex_);
      if (fd < 0 || ended_) {
        if (fd >= 0) ::close(fd);
        return;
      }
      ++connections_;
      open_.push_back(fd);
      threads_.emplace_back([this, fd] { serve(fd); });
    }
  }

  void serve(int fd) {
    std::string read;
    for (ScriptedRequest request; take(fd, read, request); request = {}) {
      const std::string answer = answer_to(request);
      if (answer == kCut) break;
      if (answer == kSilence) continue;
      if (!write(fd, answer)) break;
    }
    const std::lock_guard lock(mutex_);
    open_.remove(fd);
    ::close(fd);
  }

  std::string answer_to(const ScriptedRequest& request) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    came_.notify_all();
    const std::lock_guard one_at_a_time(script_mutex_);
    return script_(request);
  }

  static bool take(int fd, std::string& read, ScriptedRequest& request) {
    size_t head = 0;
    while ((head = read.find("\r\n\r\n")) == std::string::npos) {
      if (!more(fd, read)) return false;
    }
    request.head = read.substr(0, head + 2);
    const size_t blank = read.find(' ');
    request.method = read.substr(0, blank);
    request.target = read.substr(blank + 1, read.find(' ', blank + 1) - blank - 1);
    const size_t field = request.head.find("Content-Length: ");
    const size_t length = field == std::string::npos ? 0 : std::stoul(request.head.substr(field + 16));
    while (read.size() < head + 4 + length) {
      if (!more(fd, read)) return false;
    }
    request.body = read.substr(head + 4, length);
    read.erase(0, head + 4 + length);
    return true;
  }
  static bool more(int fd, std::string& read) {
    char bytes[4096];
    const ssize_t n = ::recv(fd, bytes, sizeof bytes, 0);
    if (n > 0) read.append(bytes, static_cast<size_t>(n));
    return n > 0;
  }
  static bool write(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }

  mutable std::mutex mutex_;
  mutable std::condition_variable came_;
  std::mutex script_mutex_;
  const Script script_;
  std::vector<ScriptedRequest> requests_;
  std::list<int> open_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
  size_t connections_ = 0;
  bool ended_ = false;
  int listener_ = -1;
  uint16_t port_ = 0;
};

}  // namespace discovery::client
