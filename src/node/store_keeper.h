// The data folder of a running node, with what it holds of registry and history: a thread of its own, so that no fsync
// holds up anything else.
//
// Lifecycle: open() before the node serves; start(); finish() at the end, which writes the last snapshot.
// Thread: wrote() and stats() from any. Limits: kWaitingMax records wait for the thread; what comes past that is in the
// next snapshot, not in the journal, and is counted. Errors: of open() only: kConflict, the folder is another process's
// (exit code 4). Later ones cost no request anything; they are in stats() and in the log.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "history/archive.h"
#include "node/posix_disk.h"
#include "observe/log.h"
#include "registry/registry.h"
#include "storage/store.h"

namespace discovery::node {

class StoreKeeper {
 public:
  static constexpr size_t kWaitingMax = 262144;
  static constexpr uint64_t kHistoryBytes = uint64_t{16} << 20;  ///< of disk, for the history

  /// Opens and locks the folder and loads what is there into registry and history.
  [[nodiscard]] static Result<std::unique_ptr<StoreKeeper>> open(const std::string& folder,
                                                                 const storage::StoreSettings& settings,
                                                                 registry::Registry& registry,
                                                                 history::History& history, observe::Logger& logger,
                                                                 const Clock& clock);
  /// The same of a folder that another process of this node writes to until inherit(); nothing is loaded.
  [[nodiscard]] static Result<std::unique_ptr<StoreKeeper>> open_held(const std::string& folder,
                                                                      const storage::StoreSettings& settings,
                                                                      registry::Registry& registry,
                                                                      history::History& history,
                                                                      observe::Logger& logger, const Clock& clock);
  ~StoreKeeper();
  StoreKeeper(const StoreKeeper&) = delete;
  StoreKeeper& operator=(const StoreKeeper&) = delete;

  void start();
  /// Another process goes on in the folder: what was written is journalled and nothing more. Returns the lock, which
  /// stays this one's too.
  int rest();
  /// Goes on in the folder after another process, whose lock this is; -1: that one has ended. `events`: the number of
  /// the last event that it has saved. Also after rest(), where the other one failed, with its own lock.
  Result<void> inherit(int lock, uint64_t events);
  [[nodiscard]] int lock() const { return disk_->lock(); }
  /// That record was changed here.
  void wrote(registry::RecordRef ref);
  /// Ends the thread; journals and saves everything.
  void finish();

  [[nodiscard]] const storage::Recovery& recovery() const { return recovery_; }
  [[nodiscard]] storage::StoreStats stats() const;
  [[nodiscard]] uint64_t not_journalled() const { return not_journalled_.load(std::memory_order_relaxed); }

 private:
  StoreKeeper(std::unique_ptr<PosixDisk> disk, const storage::StoreSettings& settings, registry::Registry& registry,
              history::History& history, observe::Logger& logger, const Clock& clock);
  void run();
  void end_thread();
  void take_waiting();
  void tell_changes();
  void save_history(TimePoint now);
  [[nodiscard]] storage::Moment moment() const;

  const std::unique_ptr<PosixDisk> disk_;
  registry::Registry& registry_;
  observe::Logger& logger_;
  const Clock& clock_;
  storage::Store store_;  ///< the thread's, once it runs; so are the next three
  history::Archive archive_;
  TimePoint next_archive_{};
  bool archive_failing_ = false;
  storage::Recovery recovery_;
  std::thread thread_;
  std::condition_variable wake_;
  mutable std::mutex mutex_;
  std::vector<registry::RecordRef> waiting_;  ///< under mutex_, as are the next two
  bool ending_ = false;
  storage::StoreStats stats_;
  bool was_failing_ = false;
  std::atomic<uint64_t> not_journalled_{0};
};

}  // namespace discovery::node
