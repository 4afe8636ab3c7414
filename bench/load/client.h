// One keep-alive connection of the load generator: a request out, an answer in, one at a time, never blocking.
//
// Lifecycle: connected by the constructor (which waits for it); closed by the destructor. Thread: one.
// Errors: the constructor throws std::system_error; a connection that fails later says so by Arrival::kClosed.
// Limits: answers with Content-Length only; anything else counts as a failed connection.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace discovery::load {

using Clock = std::chrono::steady_clock;

struct Endpoint {
  std::string address = "127.0.0.1";  ///< IPv4
  uint16_t port = 7171;
  std::string source{};   ///< the client's own IPv4 address; "": the system chooses
  bool discovery = true;  ///< an answer must be 200 and begin with `{"code":0,`; else any 200 will do

  /// "127.0.0.1:7171". Throws std::invalid_argument.
  static Endpoint parse(std::string_view text);
};

class Client {
 public:
  enum class Arrival : uint8_t { kMore, kAnswer, kClosed };

  explicit Client(const Endpoint& to);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  /// Precondition: no answer is awaited. Waits if the socket does not take all of it at once.
  /// The last `keep_bytes` of the answer's body, and maybe some before, are kept for body().
  void send(std::string_view request, size_t keep_bytes = 0);
  static constexpr size_t kKeepAll = SIZE_MAX / 2;
  [[nodiscard]] bool awaits() const { return awaits_; }
  /// Reads what has come. `scratch` is the caller's and may be shared by all clients.
  Arrival read(std::span<char> scratch);

  // After kAnswer, until the next send():
  [[nodiscard]] bool success() const { return success_; }
  [[nodiscard]] int status() const { return status_; }
  /// The start of the answer, for messages.
  [[nodiscard]] std::string excerpt() const { return head_.substr(0, 300); }
  [[nodiscard]] size_t body_bytes() const { return length_; }
  /// What was kept of it.
  [[nodiscard]] std::string_view body() const { return body_; }
  /// Content-Encoding was set: nothing but the status was judged.
  [[nodiscard]] bool compressed() const { return compressed_; }
  [[nodiscard]] Clock::time_point sent_at() const { return sent_at_; }
  /// When the first bytes of the answer were read.
  [[nodiscard]] Clock::time_point first_byte_at() const { return first_byte_at_; }

 private:
  /// Consumes the head once it is whole. False: no answer that we understand.
  bool take_head();
  void keep(std::string_view bytes);
  void judge();

  const bool discovery_;
  int descriptor_ = -1;
  bool awaits_ = false;
  bool in_body_ = false;
  bool success_ = false;
  bool compressed_ = false;
  int status_ = 0;
  size_t head_bytes_ = 0;
  size_t length_ = 0;
  size_t left_ = 0;
  size_t keep_bytes_ = 0;
  std::string head_;  ///< the head, and the body's first bytes
  std::string body_;
  Clock::time_point sent_at_;
  Clock::time_point first_byte_at_;
};

}  // namespace discovery::load
