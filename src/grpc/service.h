// What a server of gRPC calls (server.h) asks of the code behind it: which methods there are, who handles a call, and
// with which words calls are refused.
//
// Lifecycle: one object per reactor; destroyed after the last handler. Thread: its reactor's.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "codec/http.h"
#include "grpc/call.h"
#include "grpc/status.h"

namespace discovery::grpc {

struct Method {
  enum class Kind : uint8_t {
    kUnary,            ///< one message in, one out
    kServerStreaming,  ///< one in, any number out
    kBidirectional,    ///< any number in and out
  };
  std::string_view path;  ///< "/etcdserverpb.KV/Range"
  Kind kind = Kind::kUnary;
};

class Service {
 public:
  virtual ~Service() = default;

  /// Every method; always the same, with static storage, each path once. Calls are counted by their index.
  [[nodiscard]] virtual std::span<const Method> methods() const = 0;
  /// A call begins. Null refuses it: after call.finish(), or else it ends as UNIMPLEMENTED. A call that is finished
  /// here needs no handler. Messages come later, never within.
  virtual std::unique_ptr<CallHandler> open(const CallRequest& request, Call& call) = 0;

  // How the server itself ends calls. Never kOk or kCancelled: clients would take that for their own doing.

  /// There is no such method.
  [[nodiscard]] virtual Status unknown_method(std::string_view path) const {
    return {Code::kUnimplemented, "unknown method " + std::string(path)};
  }
  /// A message above Limits::message_bytes_max was announced.
  [[nodiscard]] virtual Status message_too_large(size_t /*bytes*/) const {
    return {Code::kResourceExhausted, "the message is too large"};
  }
  /// The server stops.
  [[nodiscard]] virtual Status stopping() const { return {Code::kUnavailable, "the server stops"}; }
  /// The client does not take what it is sent.
  [[nodiscard]] virtual Status slow_reader() const { return {Code::kUnavailable, "the client does not read"}; }
  /// A limit of the whole server is reached: Limits::calls_max, or the memory of partly read messages.
  [[nodiscard]] virtual Status overloaded() const { return {Code::kUnavailable, "the server is overloaded"}; }

  /// A GET over HTTP/2 that is no gRPC call ("/health"; the path as sent, with its query). False: 404. Streaming
  /// replies are not sent.
  virtual bool answer_get(std::string_view /*path*/, codec::HttpReply& /*reply*/) { return false; }
};

}  // namespace discovery::grpc
