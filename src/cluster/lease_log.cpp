#include "cluster/lease_log.h"

namespace discovery::cluster {

void LeaseLog::append(const std::vector<registry::RecordRef>& refs, bool lost, TimePoint now) {
  if (lost) {
    ticks_.clear();
    refs_ = 0;
  }
  const bool fresh = ticks_.empty() || ticks_.back().to - ticks_.back().from >= tick_;
  if (lost) {
    // What is missing lies before `now`: the log begins here.
  } else if (fresh) {
    ticks_.push_back({until_, now, refs});
    refs_ += refs.size();
  } else {
    ticks_.back().refs.insert(ticks_.back().refs.end(), refs.begin(), refs.end());
    ticks_.back().to = now;
    refs_ += refs.size();
  }
  until_ = now;
  while (ticks_.size() > kTicksMax || (refs_ > kRefsMax && ticks_.size() > 1)) {
    refs_ -= ticks_.front().refs.size();
    ticks_.pop_front();
  }
}

bool LeaseLog::collect(TimePoint from, std::vector<registry::RecordRef>& out) const {
  if (from >= until_) return true;
  if (ticks_.empty() || ticks_.front().from > from) return false;
  for (const Tick& t : ticks_) {
    if (t.to > from) out.insert(out.end(), t.refs.begin(), t.refs.end());
  }
  return true;
}

}  // namespace discovery::cluster
