// The registry nodes a client may ask, and which of them it asks now. Pure.
//
// Begins with the configured nodes; what infra.discovery lists replaces them. When every node of the list failed in a
// row, the configured ones are tried as well, until a list comes again. Thread: one (the client's sequence). Source:
// behaviour of the Go clients, specification of the protocol, section 13.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace discovery::client {

struct Node {
  std::string host;  ///< IPv6 without brackets
  uint16_t port = 0;

  [[nodiscard]] std::string text() const;
  friend bool operator==(const Node&, const Node&) = default;
};

/// Of host:port or [ipv6]:port, with or without http:// before it.
[[nodiscard]] std::optional<Node> parse_node(std::string_view text);

class NodeList {
 public:
  /// At least one node.
  NodeList(std::vector<Node> configured, Random& random, bool shuffle);

  [[nodiscard]] const Node& current() const { return nodes_[position_]; }
  [[nodiscard]] size_t size() const { return nodes_.size(); }
  /// The current one first.
  [[nodiscard]] std::vector<std::string> texts() const;

  /// Moves on, unless somebody has already.
  void failed(const Node& node);
  void succeeded(const Node& node);
  void move_on() { position_ = (position_ + 1) % nodes_.size(); }
  /// What infra.discovery lists. The current node stays current when it is among them; an empty list changes nothing.
  void found(std::vector<Node> nodes);

 private:
  void shuffle(std::vector<Node>& nodes);

  const std::vector<Node> configured_;
  Random& random_;
  const bool shuffles_;
  std::vector<Node> found_;  ///< as it came, to know it again
  std::vector<Node> nodes_;
  size_t position_ = 0;
  size_t misses_ = 0;  ///< failures in a row
  bool widened_ = false;
};

}  // namespace discovery::client
