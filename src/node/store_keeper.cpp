#include "node/store_keeper.h"

#include <ctime>
#include <utility>

#include "node/background.h"

namespace discovery::node {

using observe::LogLevel;

namespace {
constexpr Duration kLongestWait = std::chrono::seconds(1);
constexpr Duration kArchiveEvery = std::chrono::seconds(1);
}  // namespace

// NOLINTNEXTLINE(readability-function-size): what it is about, and who outlives it
Result<std::unique_ptr<StoreKeeper>> StoreKeeper::open(const std::string& folder,
                                                       const storage::StoreSettings& settings,
                                                       registry::Registry& registry, history::History& history,
                                                       observe::Logger& logger, const Clock& clock) {
  auto disk = PosixDisk::open(folder);
  if (!disk) return disk.error();
  std::unique_ptr<StoreKeeper> keeper(new StoreKeeper(std::move(*disk), settings, registry, history, logger, clock));
  const history::Archive::Loaded past = keeper->archive_.load();
  keeper->recovery_ = keeper->store_.open(keeper->moment());
  const storage::Recovery& r = keeper->recovery_;
  logger.log(LogLevel::kInfo, "recovered",
             {{"generation", r.generation},
              {"count", r.records + r.journal_records},
              {"age_ms", r.age / std::chrono::milliseconds(1)},
              {"damaged", r.sections_bad + r.snapshots_bad + r.journal_tails_cut},
              {"refused", r.records_refused},
              {"events", past.events}});
  if (!r.error.empty()) logger.log(LogLevel::kError, "recovery_failed", {{"error", std::string_view(r.error)}});
  return keeper;
}

// NOLINTNEXTLINE(readability-function-size): as open()
Result<std::unique_ptr<StoreKeeper>> StoreKeeper::open_held(const std::string& folder,
                                                            const storage::StoreSettings& settings,
                                                            registry::Registry& registry, history::History& history,
                                                            observe::Logger& logger, const Clock& clock) {
  auto disk = PosixDisk::open_held(folder);
  if (!disk) return disk.error();
  return std::unique_ptr<StoreKeeper>(new StoreKeeper(std::move(*disk), settings, registry, history, logger, clock));
}

StoreKeeper::StoreKeeper(std::unique_ptr<PosixDisk> disk, const storage::StoreSettings& settings,
                         registry::Registry& registry, history::History& history, observe::Logger& logger,
                         const Clock& clock)
    : disk_(std::move(disk)),
      registry_(registry),
      logger_(logger),
      clock_(clock),
      store_(*disk_, registry, settings),
      archive_(*disk_, history, kHistoryBytes) {}

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
    save_history(clock_.now());
    tell_changes();
  }
}

// A history that cannot be kept costs no write anything: it is tried again.
void StoreKeeper::save_history(TimePoint now) {
  if (now < next_archive_) return;
  next_archive_ = now + kArchiveEvery;
  const auto saved = archive_.save();
  if (!saved == archive_failing_) return;
  archive_failing_ = !saved;
  logger_.log(archive_failing_ ? LogLevel::kError : LogLevel::kInfo,
              archive_failing_ ? "history_not_saved" : "history_saved_again",
              {{"error", saved ? std::string_view() : std::string_view(saved.error().message)}});
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

void StoreKeeper::end_thread() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    wake_.notify_one();
  }
  thread_.join();
}

int StoreKeeper::rest() {
  end_thread();
  take_waiting();
  next_archive_ = {};
  save_history(clock_.now());
  store_.rest(moment());
  tell_changes();
  return disk_->lock();
}

Result<void> StoreKeeper::inherit(int lock, uint64_t events) {
  if (lock != disk_->lock() || lock < 0) {
    if (auto held = disk_->hold(lock); !held) return held;
  }
  archive_.adopt(events);
  store_.adopt(moment());
  {
    const std::lock_guard guard(mutex_);
    ending_ = false;
  }
  start();
  return {};
}

void StoreKeeper::finish() {
  end_thread();
  if (disk_->lock() < 0) return;  // it never got the folder
  take_waiting();
  next_archive_ = {};
  save_history(clock_.now());
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
