// What the tests of HttpClient share: a peer whose every byte the test decides, and a client on a reactor of its own.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "net/http_client.h"
#include "net/steady_clock.h"
#include "unit/net/loopback.h"

namespace discovery::net {

using Connect = HttpClient::Connect;

/// A port of the loopback that answers what the test writes: the client is at work on its own thread meanwhile.
class RawPeer {
 public:
  enum class Listens : uint8_t { kYes, kBoundOnly, kWithoutRoom };

  explicit RawPeer(Listens listens = Listens::kYes) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&in), sizeof in), 0);
    socklen_t bytes = sizeof in;
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&in), &bytes), 0);
    port_ = ntohs(in.sin_port);
    if (listens == Listens::kYes) {
      EXPECT_EQ(::listen(listener_, 16), 0);
    }
    if (listens == Listens::kWithoutRoom) fill_backlog(in);
  }
  ~RawPeer() {
    hang_up();
    for (const int descriptor : fillers_) ::close(descriptor);
    ::close(listener_);
  }
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  [[nodiscard]] uint16_t port() const { return port_; }

  /// The next connection within kPatience; ends the one before.
  bool accept() {
    hang_up();
    pollfd wait{listener_, POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count())) <= 0) return false;
    connection_ = ::accept(listener_, nullptr, nullptr);
    const timeval patience{kPatience.count(), 0};
    ::setsockopt(connection_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(connection_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return connection_ >= 0;
  }
  /// Up to and including `end`; "" when the connection ended before.
  std::string read_until(std::string_view end) {
    std::string read;
    char byte;
    while (!read.ends_with(end)) {
      if (::recv(connection_, &byte, 1, 0) <= 0) return "";
      read.push_back(byte);
    }
    return read;
  }
  std::string read_head() { return read_until("\r\n\r\n"); }
  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(connection_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }
  bool ended() {
    char byte;
    return ::recv(connection_, &byte, 1, 0) <= 0;
  }
  void hang_up() {
    if (connection_ >= 0) ::close(std::exchange(connection_, -1));
  }
  void reset() {
    const linger hard{1, 0};
    ::setsockopt(connection_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    hang_up();
  }

 private:
  /// Linux drops the SYN of whoever finds the queue full, as a dead machine does.
  void fill_backlog(const sockaddr_in& in) {
    EXPECT_EQ(::listen(listener_, 0), 0);
    for (int i = 0; i < 4; ++i) {
      const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      ::connect(descriptor, reinterpret_cast<const sockaddr*>(&in), sizeof in);
      fillers_.push_back(descriptor);
    }
  }

  int listener_ = -1;
  int connection_ = -1;
  uint16_t port_ = 0;
  std::vector<int> fillers_;
};

inline std::string text(const ClientResult& result) {
  return result ? std::to_string(result->status) + " " + result->body : std::string(to_string(result.error()));
}

class HttpClientTest : public testing::Test {
 protected:
  /// On the reactor's thread, to its end.
  template <class F>
  std::invoke_result_t<F> run(F work) {
    const auto done = std::make_shared<std::promise<std::invoke_result_t<F>>>();
    auto future = done->get_future();
    reactor_.post([done, &work] {
      if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
        work();
        done->set_value();
      } else {
        done->set_value(work());
      }
    });
    return future.get();
  }
  void SetUp() override { reactor_.start(); }
  void TearDown() override {
    if (client_) run([this] { client_.reset(); });
    reactor_.stop();
  }

  void open(uint16_t port, const std::string& host = "127.0.0.1", const std::string& bind_address = "") {
    run([&] { client_ = std::make_unique<HttpClient>(reactor_, ClientEndpoint{host, port, bind_address}, limits_); });
  }
  /// Starts a request; the future gets text() of its result.
  std::future<std::string> start(Connect connect, ClientRequest request = {.target = "/x"},
                                 Duration timeout = kPatience) {
    auto answer = std::make_shared<std::promise<std::string>>();
    run([&] {
      const auto within = std::make_shared<bool>(true);
      client_->request(request, timeout, connect, [this, answer, within](const ClientResult& result) {
        EXPECT_FALSE(*within) << "never within request()";
        EXPECT_TRUE(reactor_.on_own_thread());
        ++calls_;
        answer->set_value(text(result));
      });
      *within = false;
      EXPECT_TRUE(client_->busy());
    });
    return answer->get_future();
  }
  std::string ask(Connect connect, ClientRequest request = {.target = "/x"}, Duration timeout = kPatience) {
    return start(connect, std::move(request), timeout).get();
  }
  bool connected() {
    return run([this] { return client_->connected(); });
  }
  /// What the client makes of an answer of `peer`, which stays connected.
  std::string answered(RawPeer& peer, std::string_view bytes) {
    auto result = start(Connect::kFresh);
    EXPECT_TRUE(peer.accept());
    EXPECT_NE(peer.read_head(), "");
    peer.write(bytes);
    return result.get();
  }

  SteadyClock clock_;
  Reactor reactor_{clock_, "client"};
  ClientLimits limits_{.dial = kPatience};
  std::unique_ptr<HttpClient> client_;
  std::atomic<int> calls_{0};
};

inline constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

}  // namespace discovery::net
