// A scripted byte stream below a session: what the client sends, how much a write takes, and which operation fails.
//
// The test plays the event loop: run() calls the session back for what it asked for until nothing is left to do.
#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "net/conversation.h"
#include "net/transport.h"

namespace discovery::net {

class FakeTransport final : public Transport {
 public:
  // What the client does.
  void client_sends(std::string bytes) {
    if (!bytes.empty()) incoming_.push_back(std::move(bytes));
  }
  void client_finishes() { ended_ = true; }
  void client_resets() { reset_ = true; }
  /// Bytes that writes take from now on; the socket buffer is full after that.
  void client_reads(size_t bytes) { writable_ = bytes; }
  void set_write_piece(size_t bytes) { write_piece_ = bytes; }
  /// The n-th read or write from now (1 is the next) fails, and all after it. 0: none.
  void fail_operation(size_t n) { fail_at_ = n; }

  void reserve_written(size_t bytes) { written_.reserve(bytes); }

  // What the session did.
  [[nodiscard]] const std::string& written() const { return written_; }
  std::string take_written() { return std::exchange(written_, {}); }
  [[nodiscard]] size_t reads() const { return reads_; }
  [[nodiscard]] size_t writes() const { return writes_; }
  [[nodiscard]] size_t operations() const { return reads_ + writes_; }
  [[nodiscard]] int closes() const { return closes_; }
  [[nodiscard]] bool send_shut_down() const { return send_shut_down_; }
  [[nodiscard]] bool waits_to_read() const { return read_waits_; }
  [[nodiscard]] bool waits_to_write() const { return write_waits_; }

  /// Calls back what the session waits for and what can happen; false: there was nothing.
  bool step(Conversation& session) {
    if (closes_ > 0) return false;
    if (soon_waits_) {
      soon_waits_ = false;
      session.on_soon();
    } else if (write_waits_ && (writable_ > 0 || reset_)) {
      write_waits_ = false;
      session.on_writable();
    } else if (read_waits_ && (!incoming_.empty() || ended_ || reset_)) {
      read_waits_ = false;
      session.on_readable();
    } else {
      return false;
    }
    return true;
  }
  /// False: still busy after very many steps, so it never comes to rest.
  bool run(Conversation& session) {
    for (int i = 0; i < 200'000; ++i) {
      if (!step(session)) return true;
    }
    return false;
  }

  IoResult read(std::span<char> into) override {
    ++reads_;
    check_open();
    if (fails() || reset_) return {IoResult::Kind::kFailed, 0};
    if (incoming_.empty()) return {ended_ ? IoResult::Kind::kEnd : IoResult::Kind::kWouldBlock, 0};
    std::string& first = incoming_.front();
    const size_t n = std::min(into.size(), first.size());
    std::copy_n(first.begin(), n, into.begin());
    first.erase(0, n);
    if (first.empty()) incoming_.pop_front();
    return {IoResult::Kind::kDone, n};
  }
  IoResult write(std::span<const std::string_view> pieces) override {
    ++writes_;
    check_open();
    if (pieces.empty() || pieces.size() > kGatherMax) ++misuses_;
    if (send_shut_down_) ++misuses_;
    if (fails() || reset_) return {IoResult::Kind::kFailed, 0};
    size_t room = std::min(writable_, write_piece_);
    size_t taken = 0;
    for (const std::string_view piece : pieces) {
      if (piece.empty()) ++misuses_;
      const std::string_view part = piece.substr(0, room);
      written_.append(part);
      room -= part.size();
      taken += part.size();
    }
    if (writable_ != kUnlimited) writable_ -= taken;
    if (taken == 0) return {IoResult::Kind::kWouldBlock, 0};
    return {IoResult::Kind::kDone, taken};
  }
  void wait_readable() override {
    check_open();
    read_waits_ = true;
  }
  void wait_writable() override {
    check_open();
    write_waits_ = true;
  }
  void call_soon() override {
    check_open();
    soon_waits_ = true;
  }
  void shutdown_send() override {
    check_open();
    if (send_shut_down_) ++misuses_;
    send_shut_down_ = true;
  }
  void close() override { ++closes_; }

  /// Calls after close(), empty or too many pieces, writes after the sending side was shut: must be 0.
  [[nodiscard]] int misuses() const { return misuses_; }

 private:
  static constexpr size_t kUnlimited = static_cast<size_t>(-1);

  void check_open() { misuses_ += closes_ > 0; }
  bool fails() {
    if (fail_at_ == 0) return false;
    if (fail_at_ > 1) {
      --fail_at_;
      return false;
    }
    return true;
  }

  std::deque<std::string> incoming_;
  std::string written_;
  size_t writable_ = kUnlimited;
  size_t write_piece_ = kUnlimited;
  size_t fail_at_ = 0;
  size_t reads_ = 0;
  size_t writes_ = 0;
  int closes_ = 0;
  int misuses_ = 0;
  bool ended_ = false;
  bool reset_ = false;
  bool send_shut_down_ = false;
  bool read_waits_ = false;
  bool write_waits_ = false;
  bool soon_waits_ = false;
};

}  // namespace discovery::net
