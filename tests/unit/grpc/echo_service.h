// A service for tests, whose methods say by their names what they do, and which writes down what it is told.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "grpc/service.h"

namespace discovery::grpc {

/// What happened, and the calls that wait; outlives the service.
struct EchoBoard {
  std::vector<std::string> log;
  std::map<std::string, Call*> waiting;  ///< by their first message, or "" before there is one
  std::vector<Metadata> seen;
  std::vector<std::string> texts;  ///< what `seen` points to is gone; these are copies, name=value
  TimePoint deadline{};
  int made = 0;
  int destroyed = 0;
  int cancelled = 0;
  bool answers_soon = false;
  bool writes_log = true;
  bool last_words = false;  ///< who is cancelled sends to all that wait
};

/// Unary      answers what it was sent
/// Fail       ends with NOT_FOUND and a text to be escaped
/// Wait       answered by the test, by way of EchoBoard::waiting; so is Watch
/// Refuse     PERMISSION_DENIED without a handler
/// Bidi       echoes every message, ends OK after the client
/// Fire       sends to all that wait and ends them, then answers
/// Many       the message is a number: so many bytes in messages of 1,000
class EchoService final : public Service {
 public:
  enum Index : uint8_t { kUnary, kFail, kWait, kRefuse, kWatch, kBidi, kMany, kNull, kFire };
  explicit EchoService(EchoBoard& board) : board_(board) {}

  [[nodiscard]] std::span<const Method> methods() const override {
    static constexpr std::array<Method, 9> kMethods = {{
        {"/t.Echo/Unary", Method::Kind::kUnary},
        {"/t.Echo/Fail", Method::Kind::kUnary},
        {"/t.Echo/Wait", Method::Kind::kUnary},
        {"/t.Echo/Refuse", Method::Kind::kUnary},
        {"/t.Echo/Watch", Method::Kind::kServerStreaming},
        {"/t.Echo/Bidi", Method::Kind::kBidirectional},
        {"/t.Echo/Many", Method::Kind::kServerStreaming},
        {"/t.Echo/Null", Method::Kind::kUnary},
        {"/t.Echo/Fire", Method::Kind::kUnary},
    }};
    return kMethods;
  }

  std::unique_ptr<CallHandler> open(const CallRequest& request, Call& call) override {
    board_.texts.clear();
    for (const Metadata& one : request.metadata) {
      board_.texts.push_back(std::string(one.name) + "=" + std::string(one.value));
    }
    board_.deadline = request.deadline;
    if (request.method == kRefuse) call.finish({Code::kPermissionDenied, "no"});
    if (request.method == kRefuse || request.method == kNull) return nullptr;
    return std::make_unique<Handler>(board_, call, request.method);
  }
  [[nodiscard]] Status message_too_large(size_t bytes) const override {
    return {Code::kInvalidArgument, "too large: " + std::to_string(bytes)};
  }
  [[nodiscard]] Status stopping() const override { return {Code::kUnavailable, "server stopped"}; }
  bool answer_get(std::string_view path, codec::HttpReply& reply) override {
    if (path != "/health") return false;
    reply.append("{\"health\":\"true\"}");
    return true;
  }

 private:
  class Handler final : public CallHandler {
   public:
    Handler(EchoBoard& board, Call& call, size_t method) : board_(board), call_(call), method_(method) {
      ++board_.made;
      if (waits()) board_.waiting[key_] = &call_;
    }
    ~Handler() override {
      ++board_.destroyed;
      board_.waiting.erase(key_);
    }
    void on_message(std::string_view bytes) override {
      note("message " + std::string(bytes.substr(0, 20)));
      switch (method_) {
        case kUnary:
          call_.send(bytes);
          return call_.finish({});
        case kFail:
          return call_.finish({Code::kNotFound, "no \xc3\xa4 100%\n"});
        case kBidi:
          call_.send(bytes);
          return;
        case kFire:
          return fire(bytes);
        case kMany:
          left_ = std::stoul(std::string(bytes));
          return on_drained();
        default:
          board_.waiting.erase(key_);
          key_ = bytes;
          board_.waiting[key_] = &call_;
      }
    }
    void on_half_close() override {
      note("half close");
      if (method_ == kBidi) call_.finish({});
    }
    void on_cancel() override {
      note("cancel");
      ++board_.cancelled;
      board_.waiting.erase(key_);
      if (board_.last_words) {
        for (const auto& [key, call] : board_.waiting) call->send("farewell");
      }
      EXPECT_FALSE(call_.open());
      EXPECT_FALSE(call_.send("into the void"));
    }
    void on_drained() override {
      while (left_ > 0 && call_.unsent_bytes() < 10'000) {
        const size_t n = std::min<size_t>(left_, 1'000);
        call_.send(std::string(n, 'm'));
        left_ -= n;
      }
      left_ > 0 ? call_.tell_when_drained() : call_.finish({});
    }
    [[nodiscard]] bool answers_soon() const override { return board_.answers_soon; }

   private:
    [[nodiscard]] bool waits() const { return method_ == kWait || method_ == kWatch; }
    void fire(std::string_view bytes) {
      const int destroyed = board_.destroyed;
      for (const auto& [key, call] : board_.waiting) {
        EXPECT_TRUE(call->send(bytes));
        call->finish({Code::kUnavailable, "fired"});
      }
      EXPECT_EQ(board_.destroyed, destroyed) << "nobody is destroyed while this runs";
      EXPECT_EQ(board_.cancelled, 0);
      call_.send(bytes);
      call_.finish({});
    }
    void note(std::string text) {
      if (board_.writes_log) board_.log.push_back(std::move(text));
    }

    EchoBoard& board_;
    Call& call_;
    const size_t method_;
    std::string key_;
    size_t left_ = 0;
  };

  EchoBoard& board_;
};

}  // namespace discovery::grpc
