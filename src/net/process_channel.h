// Messages with descriptors between two processes of this machine, over a pair of connected local sockets.
//
// A message is a kind, bytes and up to kDescriptorsMax descriptors: length u32, kind u8, descriptors u8, bytes. What is
// sent blocks its thread until the other side has room, and meanwhile takes in what comes from there, so that two that
// send at once do not wait for each other.
//
// Lifecycle: of the connection. Thread: one; wake() any. Errors: kUnavailable, the other side has closed, or took or
// gave nothing for as long as said; kInvalidArgument, what came is no message: then nothing more is read.
// Limits: bytes_max a message; what comes while one sends is kept up to kInboxMax.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "net/descriptor.h"

namespace discovery::net {

class ProcessChannel {
 public:
  static constexpr size_t kDescriptorsMax = 64;
  static constexpr size_t kInboxMax = size_t{64} << 20;

  struct Message {
    uint8_t kind = 0;
    std::string bytes;
    std::vector<Descriptor> descriptors;
  };

  /// Two ends; the second is inherited by programs that are started.
  [[nodiscard]] static Result<std::pair<Descriptor, Descriptor>> make_pair();

  ProcessChannel(Descriptor socket, size_t bytes_max);

  /// The descriptors stay the caller's.
  Result<void> send(uint8_t kind, std::string_view bytes, std::span<const int> descriptors = {});
  /// The next message; none where none came within that time, or wake() was called.
  Result<std::optional<Message>> receive(Duration at_most);
  /// Ends a receive() that waits, or the next one.
  void wake();
  /// How long send() waits for room.
  void set_patience(Duration patience) { patience_ = patience; }

 private:
  Result<void> wait(short events, Duration at_most);
  /// Reads what is there, which may be nothing.
  Result<void> read_some();
  Result<std::optional<Message>> take_message();
  Result<void> send_bytes(std::string_view bytes, std::span<const int> descriptors);

  const Descriptor socket_;
  const Descriptor wake_;
  const size_t bytes_max_;
  Duration patience_ = std::chrono::seconds(10);
  std::string inbox_;
  size_t read_ = 0;  ///< of the inbox
  std::deque<Descriptor> descriptors_;
  bool ended_ = false;
};

}  // namespace discovery::net
