#include "node/scheduler_watch.h"

namespace discovery::node {

SchedulerWatch::SchedulerWatch(registry::Registry& registry, protocol::ChangeSink& wakes, observe::Logger& logger,
                               std::string directory)
    : registry_(registry), wakes_(wakes), logger_(logger), directory_(std::move(directory)) {}

size_t SchedulerWatch::load(TimePoint now) {
  const MutexLock lock(mutex_);
  return load_locked(now);
}

TimePoint SchedulerWatch::tick(TimePoint now) {
  const MutexLock lock(mutex_);
  if (directory_.empty()) return now + kInterval;
  if (now < next_) return next_;
  next_ = now + kInterval;
  const auto looks = scheduler_dir_fingerprint(directory_);
  if (looks && *looks != fingerprint_) load_locked(now);
  return next_;
}

size_t SchedulerWatch::load_locked(TimePoint now) {
  if (directory_.empty()) return 0;
  auto found = load_scheduler_dir(directory_);
  if (!found) {  // what was loaded stays in force
    logger_.log(observe::LogLevel::kWarn, "scheduler_files", {{"error", std::string_view(found.error().message)}});
    return 0;
  }
  fingerprint_ = found->fingerprint;
  for (const SkippedFile& skipped : found->skipped) {
    logger_.log(observe::LogLevel::kWarn, "scheduler_file",
                {{"file", std::string_view(skipped.name)}, {"error", std::string_view(skipped.reason)}});
  }
  std::vector<registry::SchedulerEntry> entries;
  for (SchedulerFile& f : found->files) entries.push_back({f.env, f.app_id, std::move(f.clients_json)});
  const size_t count = entries.size();
  for (const registry::Wake& wake : registry_.load_schedulers(std::move(entries), now)) wakes_.changed(wake, now);
  return count;
}

}  // namespace discovery::node
