// Where the reactors leave the operations that originals must hear of, in their order (discovery-api.md D12).
//
// Thread: any puts in, the cluster's takes out. Limits: kPostsMax; beyond it everything is dropped and the originals'
// whole lists are compared instead, as for a full queue.
#pragma once

#include <utility>
#include <vector>

#include "base/mutex.h"
#include "cluster/original.h"

namespace discovery::cluster {

class PostBox {
 public:
  static constexpr size_t kPostsMax = 65536;

  void put(Post post) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (posts_.size() < kPostsMax) {
      posts_.push_back(std::move(post));
      return;
    }
    posts_.clear();
    overflowed_ = true;
  }
  /// Everything put in so far; `overflowed` is set when something was dropped.
  [[nodiscard]] std::vector<Post> take(bool& overflowed) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    overflowed = std::exchange(overflowed_, false);
    return std::exchange(posts_, {});
  }

 private:
  Mutex mutex_;
  std::vector<Post> posts_ GUARDED_BY(mutex_);
  bool overflowed_ GUARDED_BY(mutex_) = false;
};

}  // namespace discovery::cluster
