// A small HTTP client over a raw socket: what is sent and when it is read is up to the test.
//
// Thread: the test's. Errors: std::runtime_error when the server does not do what must come before the point of the
// test (accept, answer in time, well-formed answer); what a test is about comes back as a value.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "integration/deadline.h"

namespace discovery::integration {

struct Address {
  std::string host;  ///< a literal, IPv6 without brackets
  uint16_t port = 0;

  [[nodiscard]] std::string text() const;  ///< host:port, IPv6 in brackets
  /// Of host:port.
  static Address parse(const std::string& text);
};

struct Answer {
  int status = 0;
  std::map<std::string, std::string> fields;  ///< names in lower case
  std::string body;                           ///< without its framing

  [[nodiscard]] std::string field(const std::string& name) const;
  [[nodiscard]] bool closes() const { return field("connection") == "close"; }
  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(body); }
  /// Of the envelope.
  [[nodiscard]] int code() const { return json().at("code").get<int>(); }
};

class Connection {
 public:
  struct Options {
    int receive_buffer_bytes = 0;  ///< 0: the system's
    std::string from = {};         ///< IPv4 literal to call from; "": the system's choice
  };

  explicit Connection(const Address& address) : Connection(address, Options()) {}
  Connection(const Address& address, const Options& options);
  ~Connection() { close(); }
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;

  /// False when the server does not listen, or does not take it in time.
  [[nodiscard]] static bool possible(const Address& address);

  /// All of it, or until the server closed (false).
  bool send(std::string_view bytes);
  /// The next answer; `head_only`: to a HEAD.
  [[nodiscard]] Answer read_answer(const Deadline& deadline = Deadline(), bool head_only = false);
  /// Something to read, or the end, comes within that time.
  [[nodiscard]] bool readable(const Deadline& deadline) const;
  /// Everything until the server closes.
  [[nodiscard]] std::string read_to_end(const Deadline& deadline = Deadline());
  /// The server closes without another byte.
  [[nodiscard]] bool ends(const Deadline& deadline = Deadline());

  void shutdown_sending();
  void close();
  /// With a reset.
  void abort();

 private:
  enum class Read { kSome, kEnd, kTimeout };
  Read read_some(const Deadline& deadline);
  std::string take(size_t bytes);
  std::string take_line(const Deadline& deadline);
  std::string take_body(size_t bytes, const Deadline& deadline);
  std::string take_chunks(const Deadline& deadline);
  void need_more(const Deadline& deadline);

  int fd_ = -1;
  std::string received_;
};

/// "GET /path HTTP/1.1" with a Host field and `more_fields` (lines ending in CRLF).
[[nodiscard]] std::string get_request(std::string_view target, std::string_view more_fields = "");
/// A POST of a form.
[[nodiscard]] std::string post_request(std::string_view target, std::string_view form,
                                       std::string_view more_fields = "");

/// On a connection of their own.
[[nodiscard]] Answer get(const Address& address, std::string_view target, std::string_view more_fields = "");
Answer post(const Address& address, std::string_view target, std::string_view form, std::string_view more_fields = "");

}  // namespace discovery::integration
