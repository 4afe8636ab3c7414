// The store: what a node keeps in its data folder, snapshots and a journal, and how it comes back (replication.md 3.3,
// 3.4).
//
// Lifecycle: make it over a locked Disk; open() once, before the registry is used; then wrote() for every record made
// here (Registry::take_changes), and tick() whenever next() has come; finish() at shutdown. Thread: one. Time: tick()
// waits for the disk, for one slice; the registry stays in use meanwhile. A write is durable kCommitEvery (and one
// commit) after wrote().
// Files: `snap.<n>`, of which two are kept, and the journals that are needed to go on from the older of them.
// Errors: none stops the service. A disk that refuses is tried again after kRetryMin, doubling to kRetryMax; meanwhile
// StoreStats says so. Damage found by open() is counted in Recovery; at the worst the node starts with nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "registry/registry.h"
#include "storage/disk.h"
#include "storage/entry.h"
#include "storage/file_names.h"
#include "storage/journal.h"
#include "storage/snapshot.h"

namespace discovery::storage {

struct StoreSettings {
  uint64_t boot = 0;  ///< names this process
  Duration snapshot_every = std::chrono::seconds(60);
  Duration snapshot_max_age = std::chrono::seconds(310);  ///< D of replication.md 2.3
  Duration commit_every = std::chrono::milliseconds(50);
  uint64_t journal_bytes_max = uint64_t{64} << 20;  ///< since the last snapshot; then the next one is due
};

/// What open() found.
struct Recovery {
  uint64_t generation = 0;     ///< of the snapshot that was loaded; 0: none
  Duration age{};              ///< since it was begun, by the wall; at least 0
  uint64_t records = 0;        ///< of the snapshot
  uint64_t sections_bad = 0;   ///< left out of it
  uint64_t snapshots_bad = 0;  ///< newer, but not whole
  uint64_t snapshots_old = 0;  ///< whole, but older than snapshot_max_age
  uint64_t journals = 0;       ///< read
  uint64_t journal_records = 0;
  uint64_t journal_tails_cut = 0;
  uint64_t journal_frames_old = 0;
  uint64_t records_forgotten = 0;  ///< read, but so old that the registry would forget them at once
  uint64_t records_refused = 0;    ///< read, but without room in the registry
  int64_t hlc_upper_ns = 0;        ///< what the version clock was raised to
  std::string error;               ///< not empty: the folder could not be listed
};

struct StoreStats {
  uint64_t snapshots = 0;  ///< finished
  uint64_t snapshot_failures = 0;
  uint64_t snapshot_bytes = 0;  ///< of the last one
  uint64_t snapshot_records = 0;
  uint64_t snapshot_left_out = 0;  ///< records of the last one that are past the limits of record_codec.h
  Duration snapshot_took{};
  TimePoint snapshot_at{};  ///< when the last one was begun
  uint64_t generation = 0;  ///< its number
  uint64_t journal_commits = 0;
  uint64_t journal_failures = 0;
  uint64_t journal_lost = 0;   ///< records that were not journalled: no room in memory or on the disk for them
  uint64_t journal_bytes = 0;  ///< on the disk and still needed
  uint64_t pending_bytes = 0;
  bool failing = false;  ///< the last try of something failed
  std::string last_error;
};

class Store {
 public:
  static constexpr Duration kFirstSnapshotAfter = std::chrono::seconds(10);
  static constexpr Duration kStepPause = std::chrono::milliseconds(1);  ///< between slices of a snapshot
  static constexpr Duration kRetryMin = std::chrono::seconds(1);
  static constexpr Duration kRetryMax = std::chrono::seconds(60);
  /// Journals grow to so many times journal_bytes_max while no snapshot succeeds; then nothing more is journalled.
  static constexpr uint64_t kJournalFactor = 4;

  /// All three outlive it.
  Store(Disk& disk, registry::Registry& registry, const StoreSettings& settings);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Loads what is there into the registry.
  Recovery open(const Moment& at);
  /// Instead of open(), or after another process has used the folder: the registry holds all that is in it, and what
  /// is written from now on comes after it. A snapshot is due at once.
  void adopt(const Moment& at);
  /// Commits what is pending, and gives up the snapshot that is being written: another process goes on in the folder.
  void rest(const Moment& at);
  /// A record was made or changed here. Takes a copy; may be called inside Registry::with_record().
  void wrote(const registry::StoredRecord& stored, const Moment& at);
  /// Does what is due, and says when it wants to be called again.
  TimePoint tick(const Moment& at);
  /// When tick() has something to do; may come closer by wrote().
  [[nodiscard]] TimePoint next() const;
  /// Commits, and writes a last snapshot in one go.
  Result<void> finish(const Moment& at);
  [[nodiscard]] StoreStats stats() const;

 private:
  /// When something is tried again.
  struct Backoff {
    Duration wait{};
    TimePoint until{};
    void failed(TimePoint now);
    void worked() { *this = {}; }
  };

  void restore(const Entry& entry, Duration away, Recovery& found);
  void load_snapshot(const std::vector<uint64_t>& numbers, const Moment& at, Recovery& found);
  void load_journals(const std::vector<uint64_t>& numbers, const Moment& at, Recovery& found);
  void commit(TimePoint now);
  void begin_snapshot(const Moment& at);
  void step_snapshot(TimePoint now);
  void snapshot_done(TimePoint now);
  void snapshot_failed(const Error& error, TimePoint now);
  void remove_old_files();
  /// Of all journals, found and written, also those that are gone by now; the marks below are values of it.
  [[nodiscard]] uint64_t journalled() const { return journal_bytes_found_ + journal_.bytes(); }
  [[nodiscard]] uint64_t unsaved() const { return journalled() - mark_latest_; }
  [[nodiscard]] TimePoint commit_due() const;
  [[nodiscard]] TimePoint snapshot_due() const;

  Disk& disk_;
  registry::Registry& registry_;
  const StoreSettings settings_;
  Sequence numbers_;
  Journal journal_;
  std::unique_ptr<SnapshotWriter> writer_;
  TimePoint opened_at_{};
  TimePoint commit_at_{};    ///< of what is pending
  TimePoint snapshot_at_{};  ///< when the next one begins
  TimePoint step_at_{};      ///< of writer_
  TimePoint writer_began_{};
  bool another_ = false;       ///< a record was not journalled: a snapshot must follow writer_ at once
  uint64_t retry_number_ = 0;  ///< of a snapshot that failed; 0: none
  uint64_t latest_ = 0;        ///< snapshot to go on from; 0: none
  uint64_t previous_ = 0;      ///< the one before; 0: none
  uint64_t journal_bytes_found_ = 0;
  uint64_t mark_latest_ = 0;    ///< journalled() when the latest snapshot was begun
  uint64_t mark_previous_ = 0;  ///< and the one before
  uint64_t mark_writer_ = 0;    ///< and the one that is being written, or tried again
  Backoff commit_backoff_;
  Backoff snapshot_backoff_;
  StoreStats stats_;
};

}  // namespace discovery::storage
