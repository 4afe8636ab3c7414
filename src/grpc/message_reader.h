// Messages out of the bytes of one call: gRPC puts five bytes before each, a flag and a length, and lets DATA frames
// begin and end anywhere.
//
// A message that lies whole in the bytes it came with is given out in place; else it is gathered, in a buffer that
// grows with what arrives, never with what is announced, and is given back with the message. What is held is counted
// in PartialBudget.
// Thread: its connection's. Limits: the caller's message_bytes_max, and PartialBudget.
// Source: doc/PROTOCOL-HTTP2.md of gRPC, Length-Prefixed-Message.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "codec/byte_buffer.h"
#include "codec/http_reader.h"

namespace discovery::grpc {

inline constexpr size_t kPrefixBytes = 5;

/// What the calls of one connection hold of messages that have not come whole; counted for the whole server too.
struct PartialBudget {
  codec::PartialBytes& all;
  size_t used = 0;

  [[nodiscard]] bool take(size_t bytes, size_t max) {
    if (used + bytes > max || !all.take(bytes)) return false;
    used += bytes;
    return true;
  }
  void give_back(size_t bytes) {
    used -= bytes;
    all.give_back(bytes);
  }
};

struct MessageLimits {
  size_t message_bytes_max = 0;
  size_t partial_bytes_max = 0;  ///< over all calls of the connection
};

class MessageReader {
 public:
  enum class Step : uint8_t {
    kNeedMore,    ///< all bytes are taken
    kMessage,     ///< `message` is whole, until the next call of anything here
    kCompressed,  ///< the flag says so, or is none that we know
    kTooLarge,    ///< see announced()
    kNoRoom,      ///< the budget is used up
  };

  MessageReader() = default;
  MessageReader(const MessageReader&) = delete;
  MessageReader& operator=(const MessageReader&) = delete;

  /// Takes from the front of `bytes`; to be called until kNeedMore. After the other failures nothing more can be read.
  [[nodiscard]] Step next(std::string_view& bytes, std::string_view& message, const MessageLimits& limits,
                          PartialBudget& budget);
  /// A message has begun.
  [[nodiscard]] bool within_message() const { return prefix_bytes_ > 0 && !given_; }
  /// Bytes of the message that is being read.
  [[nodiscard]] size_t announced() const { return announced_; }
  /// Gives back what is held. To be called before the end.
  void release(PartialBudget& budget);

 private:
  bool read_prefix(std::string_view& bytes);
  bool gather(std::string_view& bytes, const MessageLimits& limits, PartialBudget& budget);

  codec::ByteBuffer gathered_;
  uint32_t announced_ = 0;
  std::array<char, kPrefixBytes> prefix_{};
  uint8_t prefix_bytes_ = 0;  ///< how much of it was read
  bool given_ = false;        ///< the message was returned; the next call forgets it
};

}  // namespace discovery::grpc
