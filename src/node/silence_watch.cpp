#include "node/silence_watch.h"

#include <algorithm>

namespace discovery::node {

std::vector<SilenceWatch::Silent> SilenceWatch::look(const std::vector<cluster::LinkStatus>& links, TimePoint now) {
  std::vector<Silent> found;
  for (auto& [address, node] : nodes_) node.present = false;
  for (const cluster::LinkStatus& link : links) {
    if (!link.member) continue;  // nothing waits for it
    Node& node = nodes_.try_emplace(link.address, Node{.first_seen = now, .heard = {}}).first->second;
    node.present = true;
    const TimePoint heard = link.silent_for ? now - *link.silent_for : TimePoint{};
    if (heard > node.heard) {
      node.heard = heard;
      node.told = false;
    }
    const Duration silent = now - std::max(node.first_seen, heard);
    if (node.told || silent < patience_) continue;
    node.told = true;
    found.push_back({link.address, silent / std::chrono::milliseconds(1)});
  }
  std::erase_if(nodes_, [](const auto& item) { return !item.second.present; });
  return found;
}

}  // namespace discovery::node
