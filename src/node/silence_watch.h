// Which members of the cluster were not heard for so long that an operator should know: each is told once, and again
// when it was heard in between.
//
// Lifecycle, thread, time: the owner's; pure. Limits: one entry per node of the last look().
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "cluster/cluster.h"

namespace discovery::node {

class SilenceWatch {
 public:
  struct Silent {
    std::string address;
    int64_t since_ms = 0;
  };

  explicit SilenceWatch(Duration patience) : patience_(patience) {}

  /// The members that have become silent since the last call. One that was never heard is silent since it was seen here
  /// first. One that said farewell, or was removed, is no member.
  [[nodiscard]] std::vector<Silent> look(const std::vector<cluster::LinkStatus>& links, TimePoint now);

 private:
  struct Node {
    TimePoint first_seen;
    TimePoint heard;
    bool told = false;
    bool present = true;
  };
  const Duration patience_;
  std::map<std::string, Node, std::less<>> nodes_;
};

}  // namespace discovery::node
