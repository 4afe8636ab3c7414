#include "registry/sweep.h"

#include <algorithm>

namespace discovery::registry {

Sweep::Sweep(Registry& registry, TimePoint start)
    : registry_(registry),
      next_sweep_(start + registry.settings_.lease.sweep_interval),
      next_recount_(start + registry.settings_.lease.recount_interval) {}

TimePoint Sweep::step(TimePoint now, Random& random, FunctionRef<void(const Expired&)> hidden) {
  switch (phase_) {
    case Phase::kWaiting:
      if (now < next_sweep_) return next_sweep_;
      begin(now);
      return now;
    case Phase::kCollecting:
      collect(now);
      if (phase_ == Phase::kHiding) begin_hiding();
      return now;
    case Phase::kHiding:
      hide_some(now, random, hidden);
      return phase_ == Phase::kWaiting ? next_sweep_ : now;
  }
  return next_sweep_;
}

void Sweep::begin(TimePoint now) {
  const LeaseSettings& lease = registry_.settings_.lease;
  const int64_t renewals = registry_.factual_.exchange(0, std::memory_order_relaxed);
  registry_.last_minute_.store(renewals, std::memory_order_relaxed);
  if (now >= next_recount_) {
    registry_.expected_.store(registry_.size() * lease.renewals_per_minute, std::memory_order_relaxed);
    next_recount_ = now + lease.recount_interval;
  }
  protected_ = is_protected(renewals, registry_.expected_.load(std::memory_order_relaxed), lease.share);
  if (!protected_) {
    registry_.protecting_since_ns_.store(0, std::memory_order_relaxed);
  } else if (registry_.protecting_since_ns_.load(std::memory_order_relaxed) == 0) {
    registry_.protecting_since_ns_.store(to_wire_ns(now), std::memory_order_relaxed);
  }
  next_sweep_ += lease.sweep_interval;
  if (next_sweep_ <= now) next_sweep_ = now + lease.sweep_interval;  // the process was stopped for a while
  candidates_.clear();
  expired_ = 0;
  shard_ = 0;
  in_app_ = false;
  app_ = SIZE_MAX;
  phase_ = Phase::kCollecting;
}

bool Sweep::expired(int64_t lease_ns, TimePoint now) const {
  return to_wire_ns(now) - lease_ns > registry_.settings_.lease.expire_after.count();
}

void Sweep::collect(TimePoint now) {
  size_t budget = kRecordsPerStep;
  while (shard_ < Registry::kShards) {
    Registry::Shard& shard = registry_.shards_[shard_];
    const MutexLock lock(shard.mutex);
    app_ = std::min(app_, shard.list.size());
    while (app_ > 0) {
      Application& app = *shard.list[app_ - 1];
      if (!in_app_) record_ = app.record_count();
      in_app_ = true;
      if (!collect_application(shard, app, now, budget)) return;
      in_app_ = false;
      --app_;
      if (budget == 0) return;
    }
    ++shard_;
    app_ = SIZE_MAX;
  }
  phase_ = Phase::kHiding;
}

bool Sweep::collect_application(Registry::Shard& shard, Application& app, TimePoint now, size_t& budget) {
  const LeaseSettings& lease = registry_.settings_.lease;
  const size_t before = app.bytes();
  record_ = std::min(record_, app.record_count());
  for (; record_ > 0 && budget > 0; --record_, --budget) {
    const size_t i = record_ - 1;
    if (!expired(app.lease_ns(i), now)) continue;
    const int64_t age = to_wire_ns(now) - app.lease_ns(i);
    if (app.record(i).numbers.state == RecordState::kVisible) {
      ++expired_;
      if (protected_ && age <= lease.expire_after_max.count()) continue;
      candidates_.push_back({app.id(), static_cast<uint32_t>(app.place_in_shard), static_cast<uint32_t>(i),
                             static_cast<uint16_t>(shard_)});
    } else if (age > lease.forget_after.count()) {
      app.remove(i);
    }
  }
  registry_.account(app, before);
  if (record_ > 0) return false;
  if (budget > 0) --budget;  // an application costs something even without records
  app.drop_idle_views();
  registry_.drop_if_unused(shard, app, now);
  return true;
}

// Never more than the share, whatever is dead.
void Sweep::begin_hiding() {
  const auto limit = static_cast<size_t>(eviction_limit(registry_.size(), registry_.settings_.lease.share));
  allowed_ = std::min(limit, candidates_.size());
  registry_.held_.store(expired_ - static_cast<int64_t>(allowed_), std::memory_order_relaxed);
}

void Sweep::hide_some(TimePoint now, Random& random, FunctionRef<void(const Expired&)> hidden) {
  for (size_t i = 0; i < kEvictionsPerStep && allowed_ > 0; ++i, --allowed_) {  // drawn without putting back
    std::swap(candidates_[random.below(candidates_.size())], candidates_.back());
    hide(candidates_.back(), now, hidden);
    candidates_.pop_back();
  }
  if (allowed_ > 0) return;
  candidates_ = {};
  phase_ = Phase::kWaiting;
}

// Whatever stands at the candidate's place now is hidden if it is expired: it may have renewed or moved meanwhile.
bool Sweep::hide(const Candidate& c, TimePoint now, FunctionRef<void(const Expired&)> hidden) {
  Registry::Shard& shard = registry_.shards_[c.shard];
  const MutexLock lock(shard.mutex);
  if (c.app_place >= shard.list.size() || shard.list[c.app_place]->id() != c.app_id) return false;
  Application& app = *shard.list[c.app_place];
  if (c.record >= app.record_count() || !expired(app.lease_ns(c.record), now)) return false;
  if (app.record(c.record).numbers.state != RecordState::kVisible) return false;
  const LeaseSettings& lease = registry_.settings_.lease;
  const bool past_ceiling = to_wire_ns(now) - app.lease_ns(c.record) > lease.expire_after_max.count();
  if (protected_ && !past_ceiling) return false;
  app.update(c.record, [](InstanceNumbers& n) { n.state = RecordState::kHidden; });
  registry_.left(app, registry_.versions_.next(now, app.latest_timestamp_ns()));
  hidden({app.view_of(c.record), past_ceiling, {app.id(), app.watchers()}});
  return true;
}

}  // namespace discovery::registry
