#include "client/node_list.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace discovery::client {

namespace {

bool contains(const std::vector<Node>& nodes, const Node& node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

bool host_is_plain(std::string_view host) {
  return !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_' || c == ':' || c == '%';
  });
}

}  // namespace

std::string Node::text() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<Node> parse_node(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (text.starts_with(kScheme)) text.remove_prefix(kScheme.size());
  if (text.ends_with('/')) text.remove_suffix(1);
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!host_is_plain(host) || (host.find(':') != std::string_view::npos) != bracketed) return std::nullopt;
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0 || port > 65535) return std::nullopt;
  return Node{std::string(host), static_cast<uint16_t>(port)};
}

NodeList::NodeList(std::vector<Node> configured, Random& random, bool shuffle)
    : configured_(std::move(configured)), random_(random), shuffles_(shuffle), nodes_(configured_) {
  this->shuffle(nodes_);
}

std::vector<std::string> NodeList::texts() const {
  std::vector<std::string> texts;
  texts.reserve(nodes_.size());
  for (size_t i = 0; i < nodes_.size(); ++i) texts.push_back(nodes_[(position_ + i) % nodes_.size()].text());
  return texts;
}

void NodeList::failed(const Node& node) {
  if (node != current()) return;
  ++misses_;
  move_on();
  if (widened_ || misses_ < nodes_.size()) return;
  widened_ = true;
  const size_t before = nodes_.size();
  for (const Node& other : configured_) {
    if (!contains(nodes_, other)) nodes_.push_back(other);
  }
  if (nodes_.size() > before) position_ = before;
}

void NodeList::succeeded(const Node& node) {
  if (node == current()) misses_ = 0;
}

void NodeList::found(std::vector<Node> nodes) {
  if (nodes.empty()) return;
  const bool same =
      nodes.size() == found_.size() && std::is_permutation(nodes.begin(), nodes.end(), found_.begin(), found_.end());
  if (same && !widened_) return;
  const Node now = current();
  found_ = nodes;
  shuffle(nodes);
  const auto it = std::find(nodes.begin(), nodes.end(), now);
  position_ = it == nodes.end() ? 0 : static_cast<size_t>(it - nodes.begin());
  nodes_ = std::move(nodes);
  misses_ = 0;
  widened_ = false;
}

void NodeList::shuffle(std::vector<Node>& nodes) {
  if (!shuffles_) return;
  for (size_t i = nodes.size(); i > 1; --i) std::swap(nodes[i - 1], nodes[random_.below(i)]);
}

}  // namespace discovery::client
