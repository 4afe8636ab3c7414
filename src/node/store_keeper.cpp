#include "node/store_keeper.h"

#include <ctime>
#include <utility>

#include "node/background.h"

namespace discovery::node {

using observe::LogLevel;

namespace {
constexpr Duration kLongestWait = std::chrono::seconds(1);
}  // namespace

Result<std::unique_ptr<StoreKeeper>> StoreKeeper::open(const std::string& folder,
                                                       const storage::StoreSettings& settings,
                                                       registry::Registry& registry, observe::Logger& logger,
                                                       const Clock& clock) {
  auto disk = PosixDisk::open(folder);
  if (!disk) return disk.error();
  std::unique_ptr<StoreKeeper> keeper(new StoreKeeper(std::move(*disk), settings, registry, logger, clock));
  keeper->recovery_ = keeper->store_.open(keeper->moment());
  const storage::Recovery& r = keeper->recovery_;
  logger.log(LogLevel::kInfo, "recovered",
             {{"generation", r.generation},
              {"count", r.records + r.journal_records},
              {"age_ms", r.age / std::chrono::milliseconds(1)},
              {"damaged", r.sections_bad + r.snapshots_bad + r.journal_tails_cut},
              {"refused", r.records_refused}});
  if (!r.error.empty()) logger.log(LogLevel::kError, "recovery_failed", {{"error", std::string_view(r.error)}});
  return keeper;
}

StoreKeeper::StoreKeeper(std::unique_ptr<PosixDisk> disk, const storage::StoreSettings& settings,
                         registry::Registry& registry, observe::Logger& logger, const Clock& clock)
    : disk_(std::move(disk)), registry_(registry), logger_(logger), clock_(clock), store_(*disk_, registry, settings) {}

StoreKeeper::~StoreKeeper() {
  if (thread_.joinable()) finish();
}

storage::Moment StoreKeeper::moment() const {
  timespec wall{};
  clock_gettime(CLOCK_REALTIME, &wall);
  return {clock_.now(), int64_t{wall.tv_sec} * 1'000'000'000 + wall.tv_nsec};
}

void StoreKeeper::start() {
  thread_ = std::thread([this] { run(); });
}

void StoreKeeper::wrote(registry::RecordRef ref) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= kWaitingMax) {
    not_journalled_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  waiting_.push_back(ref);
  if (waiting_.size() == 1) wake_.notify_one();
}

void StoreKeeper::take_waiting() {
  std::vector<registry::RecordRef> refs;
  {
    const std::lock_guard lock(mutex_);
    refs.swap(waiting_);
  }
  const storage::Moment at = moment();
  for (const registry::RecordRef ref : refs) {
    registry_.with_record(ref, [&](const registry::StoredRecord& r) { store_.wrote(r, at); });
  }
}

void StoreKeeper::run() {
  pthread_setname_np(pthread_self(), "store");
  give_way();
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      const Duration wait = std::min<Duration>(store_.next() - clock_.now(), kLongestWait);
      if (waiting_.empty() && !ending_ && wait > Duration::zero()) wake_.wait_for(lock, wait);
      if (ending_) return;
    }
    take_waiting();
    store_.tick(moment());
    tell_changes();
  }
}

// One line when the disk begins to refuse, one when it is well again.
void StoreKeeper::tell_changes() {
  const storage::StoreStats now = store_.stats();
  if (now.failing != was_failing_) {
    was_failing_ = now.failing;
    logger_.log(now.failing ? LogLevel::kError : LogLevel::kInfo, now.failing ? "disk_failing" : "disk_well",
                {{"error", std::string_view(now.last_error)}});
  }
  const std::lock_guard lock(mutex_);
  stats_ = now;
}

void StoreKeeper::finish() {
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
      wake_.notify_one();
    }
    thread_.join();
  }
  take_waiting();
  if (const auto done = store_.finish(moment()); !done) {
    logger_.log(LogLevel::kError, "disk_failing", {{"error", std::string_view(done.error().message)}});
  }
  tell_changes();
}

storage::StoreStats StoreKeeper::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

}  // namespace discovery::node
