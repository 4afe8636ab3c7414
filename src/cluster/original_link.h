// What this node has for one node of the original: an ordered queue of operations, one post each, never merged
// (discovery-api.md 10.4, 10.5, D12). Internal to src/cluster.
//
// A post that got any answer is done, but for what 10.5 asks for: -404 to a renew is followed by a register, -409 by
// taking over what the answer holds. A post that got none is repeated, with back-off, for ever; what comes meanwhile
// waits behind it. A full queue is dropped. When an original of the own zone is met, or met again, or one whose posts
// were dropped is back, its fetch/all is compared with what is here.
// Thread: the cluster's. Limits: settings.queue_max posts.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/time.h"
#include "cluster/cluster.h"
#include "cluster/original.h"
#include "cluster/transport.h"

namespace discovery::cluster {

class OriginalLink {
 public:
  /// `other` owns this.
  OriginalLink(Cluster& cluster, Cluster::Other& other);
  OriginalLink(const OriginalLink&) = delete;
  OriginalLink& operator=(const OriginalLink&) = delete;

  /// An original answered at that address: what it missed while it was away, or took for one of ours, is made good.
  /// `import`: what it has is to be taken over.
  void greeted(bool import, TimePoint now);
  void lost();
  void enqueue(Post post);
  /// Its posts were dropped elsewhere.
  void compare_when_back();
  TimePoint tick(TimePoint now);
  void on_result(CallKind kind, const CallResult& result, TimePoint now);
  [[nodiscard]] size_t queued() const { return queue_.size(); }
  void clear() {
    queue_.clear();
    answer_wanted_ = false;
  }

 private:
  void on_answer(const Post& post, const PostAnswer& answer, TimePoint now);
  void take_over(const ForeignInstance& instance, TimePoint now);
  void import(const std::vector<ForeignInstance>& all, TimePoint now);
  void reconcile(const std::vector<ForeignInstance>& all, TimePoint now);

  Cluster& cluster_;
  Cluster::Other& other_;
  std::deque<Post> queue_;
  bool posting_ = false;
  bool answer_wanted_ = false;  ///< the post under way is the front of the queue
  bool fetching_ = false;
  bool import_wanted_ = false;
  bool reconcile_wanted_ = false;
  bool reconcile_again_ = false;  ///< when the queue is empty: not all that it lacks had room
  TimePoint next_fetch_{};        ///< it refused to tell (its init protection); posts go on meanwhile
};

}  // namespace discovery::cluster
