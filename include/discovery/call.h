// One HTTP request at a node, for tools: blocking, with a deadline, and with fail-over where any node will do.
//
//     const Caller caller({.nodes = {"127.0.0.1:7171", "127.0.0.1:7172"}});
//     const CallAnswer answer = caller.call({.target = "/discovery/nodes"});
//     if (answer.error) ... else use(answer.status, answer.body);
//
// Thread: any, several calls at a time; each takes a thread for as long as it lasts. Not for within callbacks of a
// Client. Errors: the constructor throws std::invalid_argument for what check() refuses; call() and call_at() throw
// nothing but std::bad_alloc and std::system_error when there is no thread. Time: CallOptions::timeout for the whole
// call; a resolver that hangs does not hold it up. Limits: answer_bytes_max; redirects are not followed. Plain HTTP:
// there is no TLS in this version.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "discovery/error.h"
#include "discovery/options.h"

namespace discovery::client {

enum class Method : uint8_t { kGet, kPost };

struct CallOptions {
  std::vector<std::string> nodes{};  ///< host:port, asked in this order
  std::string token{};               ///< "Authorization: Bearer ..."; "": none
  milliseconds connect_timeout{1'000};
  milliseconds node_timeout{5'000};  ///< one node, connecting included
  milliseconds timeout{10'000};      ///< all nodes together
  size_t answer_bytes_max = size_t{64} * 1024 * 1024;
};
[[nodiscard]] Error check(const CallOptions& options);

struct CallRequest {
  Method method = Method::kGet;
  std::string target = "/";  ///< path and query, encoded: begins with '/', no blank, no control character
  std::string body{};        ///< of a POST
  std::string content_type = "application/x-www-form-urlencoded";  ///< of the body
  /// False: after it may have reached a node it is not sent to another one.
  bool repeatable = true;
};

struct NodeFailure {
  std::string node;
  Error error;
};

struct CallAnswer {
  Error error{};       ///< no node gave an answer that counts
  std::string node{};  ///< who gave what follows
  int status = 0;      ///< HTTP; 0: no answer at all
  std::string content_type{};
  std::string body{};
  std::vector<NodeFailure> failures{};  ///< nodes that were asked in vain, in order
};

class Caller {
 public:
  explicit Caller(CallOptions options);

  /// At any node: the first answer that is neither an HTTP status of 500 and more nor an envelope with code -500. When
  /// all nodes fail, `error` is that of the last, with its answer if it gave one.
  [[nodiscard]] CallAnswer call(CallRequest request) const;
  /// At this node, whether it is one of the options or not; every answer counts.
  [[nodiscard]] CallAnswer call_at(const std::string& node, CallRequest request) const;

  [[nodiscard]] const CallOptions& options() const { return options_; }

 private:
  CallOptions options_;
};

using Parameters = std::vector<std::pair<std::string, std::string>>;
/// name=value&..., percent-encoded: for a query or the body of a POST.
[[nodiscard]] std::string encode_form(const Parameters& parameters);

}  // namespace discovery::client
