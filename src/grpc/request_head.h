// The head of one request while its fields come in, copied out of nghttp2's buffers.
//
// Lifecycle: one per connection that is in the middle of a head, lent by the reactor (lane.h); clear() makes it ready
// for the next. Thread: its reactor's. Limits: what exceeds `bytes_max` is counted and not kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "grpc/call.h"

namespace discovery::grpc {

class RequestHead {
 public:
  void clear();
  void add(std::string_view name, std::string_view value, size_t bytes_max);

  /// As RFC 9113 6.5.2 counts it.
  [[nodiscard]] size_t bytes() const { return bytes_; }
  /// Without pseudo-headers and what gRPC has to itself. Valid until the next add() or clear().
  [[nodiscard]] std::span<const Metadata> metadata();

  std::string method;
  std::string path;
  std::string content_type;
  std::string encoding;  ///< "" when there is none
  std::string timeout;   ///< the same

 private:
  struct Place {
    size_t name = 0;
    size_t value = 0;
    size_t end = 0;
  };
  std::string* own_field(std::string_view name);

  std::string text_;
  std::vector<Place> places_;
  std::vector<Metadata> metadata_;
  size_t bytes_ = 0;
};

}  // namespace discovery::grpc
