#include "registry/sweep.h"

#include <algorithm>

namespace discovery::registry {

Sweep::Sweep(Registry& registry, TimePoint start)
    : registry_(registry),
      brake_(registry.settings_.lease),
      next_sweep_(start + registry.settings_.lease.sweep_interval),
      next_recount_(start + registry.settings_.lease.recount_interval) {}

TimePoint Sweep::step(TimePoint now, Random& random, FunctionRef<void(const Expired&)> hidden) {
  switch (phase_) {
    case Phase::kWaiting:
      if (now < next_sweep_) return next_sweep_;
      begin(now);
      return now;
    case Phase::kForgetting:
      if (read_some(now)) begin_reading(Phase::kCollecting);
      return now;
    case Phase::kCollecting:
      if (read_some(now)) begin_hiding(now);
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
    const int64_t renewing = registry_.size() - registry_.guests();
    registry_.expected_.store(std::max<int64_t>(0, renewing) * lease.renewals_per_minute, std::memory_order_relaxed);
    next_recount_ = now + lease.recount_interval;
  }
  const int64_t per_minute = registry_.expected_.load(std::memory_order_relaxed);
  protected_ = registry_.protection_allowed_.load(std::memory_order_relaxed) &&
               is_protected(renewals, expected_between_sweeps(per_minute, lease.sweep_interval), lease.share);
  if (!protected_) {
    registry_.protecting_since_ns_.store(0, std::memory_order_relaxed);
  } else if (registry_.protecting_since_ns_.load(std::memory_order_relaxed) == 0) {
    registry_.protecting_since_ns_.store(to_wire_ns(now), std::memory_order_relaxed);
  }
  next_sweep_ += lease.sweep_interval;
  if (next_sweep_ <= now) next_sweep_ = now + lease.sweep_interval;  // the process was stopped for a while
  candidates_.clear();
  take_releases();
  brake_.begin(now);
  expired_ = 0;
  begin_reading(Phase::kForgetting);
}

void Sweep::begin_reading(Phase phase) {
  phase_ = phase;
  shard_ = 0;
  app_ = SIZE_MAX;
  in_app_ = false;
}

// What is forgotten goes by its age alone, what is hidden by the rule for leases.
bool Sweep::may_matter(int64_t lease_ns, TimePoint now) const {
  if (phase_ == Phase::kCollecting) return registry_.expired(lease_ns, now);
  return to_wire_ns(now) - lease_ns > registry_.settings_.lease.expire_after.count();
}

bool Sweep::read_some(TimePoint now) {
  size_t budget = kRecordsPerStep;
  for (; shard_ < Registry::kShards; ++shard_, app_ = SIZE_MAX) {
    Registry::Shard& shard = registry_.shards_[shard_];
    const MutexLock lock(shard.mutex);
    for (app_ = std::min(app_, shard.list.size()); app_ > 0; --app_) {
      if (budget == 0) return false;
      --budget;  // a place costs something even without records, even when it is free
      Application* app = shard.list[app_ - 1].get();
      if (app && !read_application(shard, *app, now, budget)) return false;
    }
  }
  return true;
}

// From the end to the beginning, perhaps in several slices: what is inserted meanwhile is fresh and need not be read.
bool Sweep::read_application(Registry::Shard& shard, Application& app, TimePoint now, size_t& budget) {
  if (!in_app_) record_ = app.record_count();
  in_app_ = true;
  for (; record_ > 0 && budget > 0; --record_, --budget) {
    if (!may_matter(app.lease_ns(record_ - 1), now)) continue;
    if (phase_ == Phase::kForgetting) {
      forget(shard, app, record_ - 1, now);
    } else {
      collect(app, record_ - 1, now);
    }
  }
  if (record_ > 0) return false;
  in_app_ = false;
  if (phase_ == Phase::kForgetting) {
    app.drop_idle_views();
    app.drop_old_cursors(now);
    registry_.drop_if_unused(shard, app, now);
  }
  return true;
}

// By ages that are the same on all nodes, so that all forget at about the same time and none brings it back to another.
void Sweep::forget(Registry::Shard& shard, Application& app, size_t record, TimePoint now) {
  const InstanceNumbers& n = app.record(record).numbers;
  if (n.state == RecordState::kVisible) return;
  Duration age = now - from_wire_ns(app.lease_ns(record));
  if (n.state == RecordState::kTombstone) age = registry_.tombstone_age(n.version, age, now);
  if (age > registry_.settings_.lease.forget_after) {
    registry_.remove_record(shard, app, record, {ChangeKind::kForget, {}, now});
  }
}

void Sweep::collect(const Application& app, size_t record, TimePoint now) {
  if (app.record(record).numbers.state != RecordState::kVisible || app.record(record).is_guest()) return;
  ++expired_;
  if (protected_ && !registry_.past_ceiling(app.lease_ns(record), now)) return;
  brake_.count(app.id(), app.visible_count());
  if (registry_.settings_.lease.brake) {
    braked_names_.try_emplace(app.id(), AppKey{std::string(app.key().appid), std::string(app.key().env)});
  }
  candidates_.push_back({app.id(), static_cast<uint32_t>(app.place_in_shard), static_cast<uint32_t>(record),
                         static_cast<uint16_t>(shard_)});
}

// Never more than the share, whatever is dead.
void Sweep::begin_hiding(TimePoint now) {
  phase_ = Phase::kHiding;
  hiding_since_ = now;
  decide_brake(now);
  allowed_ = static_cast<size_t>(eviction_limit(registry_.size(), registry_.settings_.lease.share));
}

void Sweep::decide_brake(TimePoint now) {
  brake_.decide(now);
  registry_.braked_.store(brake_.held(), std::memory_order_relaxed);
  std::vector<std::pair<uint64_t, BrakedApplication>> braked;
  for (const Brake::Hold& h : brake_.holds()) {
    braked.push_back({h.app_id, {std::move(braked_names_.at(h.app_id)), h.since, h.until, h.visible, h.overdue}});
  }
  braked_names_.clear();
  std::sort(braked.begin(), braked.end(), [](const auto& a, const auto& b) { return a.second.app < b.second.app; });
  const MutexLock lock(brake_mutex_);
  braked_ = std::move(braked);
}

std::vector<BrakedApplication> Sweep::braked() const {
  const MutexLock lock(brake_mutex_);
  std::vector<BrakedApplication> all;
  for (const auto& [id, one] : braked_) all.push_back(one);
  return all;
}

bool Sweep::release(AppKeyView app) {
  const MutexLock lock(brake_mutex_);
  for (const auto& [id, one] : braked_) {
    if (one.app.appid != app.appid || one.app.env != app.env) continue;
    releases_.push_back(id);
    return true;
  }
  return false;
}

void Sweep::take_releases() {
  const MutexLock lock(brake_mutex_);
  for (const uint64_t id : releases_) brake_.release(id);
  releases_.clear();
}

void Sweep::hide_some(TimePoint now, Random& random, FunctionRef<void(const Expired&)> hidden) {
  for (size_t i = 0; i < kEvictionsPerStep && allowed_ > 0 && !candidates_.empty();
       ++i) {  // drawn without putting back
    std::swap(candidates_[random.below(candidates_.size())], candidates_.back());
    const Candidate candidate = candidates_.back();
    candidates_.pop_back();
    if (brake_.holds(candidate.app_id)) continue;
    if (hide(candidate, now, hidden)) {
      --allowed_;
      brake_.hidden(candidate.app_id, hiding_since_);
    }
    --expired_;  // it is hidden now, or was not expired any more
  }
  if (allowed_ > 0 && !candidates_.empty()) return;
  registry_.held_.store(expired_, std::memory_order_relaxed);
  candidates_ = {};
  phase_ = Phase::kWaiting;
}

// It may have renewed or left since it was collected.
bool Sweep::hide(const Candidate& c, TimePoint now, FunctionRef<void(const Expired&)> hidden) {
  Registry::Shard& shard = registry_.shards_[c.shard];
  const MutexLock lock(shard.mutex);
  Application* app = shard.list[c.app_place].get();
  if (!app || app->id() != c.app_id) return false;
  const int64_t lease_ns = app->lease_ns(c.record);
  if (app->record(c.record).numbers.state != RecordState::kVisible || !registry_.expired(lease_ns, now)) return false;
  const bool past_ceiling = registry_.past_ceiling(lease_ns, now);
  if (protected_ && !past_ceiling) return false;
  registry_.change_record(*app, c.record, {past_ceiling ? ChangeKind::kExpirePast : ChangeKind::kExpire, {}, now},
                          [](InstanceNumbers& n) { n.state = RecordState::kHidden; });
  const Wake wake = registry_.changed_here(shard, *app, registry_.versions_.next(now, app->latest_timestamp_ns()), now);
  hidden({app->view_of(c.record), past_ceiling, wake});
  return true;
}

}  // namespace discovery::registry
