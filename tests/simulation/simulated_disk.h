// A data folder in memory that forgets what was not synced, for tests of storage and for the simulator.
//
// It keeps, per file, the bytes that were synced and those that were not, and, for the folder, the names that were
// synced and the changes since. crash() is a loss of power: of every file a prefix of the unsynced bytes survives,
// whose last part may be zeros instead (a size that was written before its data); of the changes of names, the first
// few. A process that is merely killed loses nothing: just make a new user of the disk. A sync that failed is final:
// what it should have kept can be read until a crash, and is gone then, whatever later syncs say. Thread: one. The same
// seed and the same calls give the same bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "storage/disk.h"

namespace discovery::simulation {

class SimulatedDisk final : public storage::Disk {
 public:
  enum class Op : uint8_t { kCreate, kAppend, kSync, kRename, kRemove, kSyncFolder, kList, kRead };
  /// Asked before each operation; an error is its result, and it has no other effect (but see kSync above).
  using Fault = std::function<std::optional<Error>(Op op, std::string_view name)>;

  SimulatedDisk();
  ~SimulatedDisk() override;

  Result<std::unique_ptr<storage::DiskFile>> create(std::string_view name) override;
  Result<void> rename(std::string_view from, std::string_view to) override;
  Result<void> remove(std::string_view name) override;
  Result<void> sync_folder() override;
  Result<std::vector<std::string>> list() override;
  Result<std::string> read(std::string_view name, uint64_t offset, size_t bytes_max) override;

  // -- faults
  void set_fault(Fault fault) { fault_ = std::move(fault); }
  /// Appends fail half way once all files together would be larger.
  void set_capacity(uint64_t bytes) { capacity_ = bytes; }
  /// The operation after the next `writes` ones that change something fails (an append after half of it), and
  /// so does every one after that, until crash() or revive().
  void stop_after(uint64_t writes) { writes_left_ = writes; }
  void revive() { writes_left_.reset(); }
  /// Operations that changed something, so far.
  [[nodiscard]] uint64_t writes() const { return writes_; }
  /// Loss of power; ends stop_after(). Files that are open belong to nobody from now on.
  void crash(Random& random);

  // -- for tests to look and to damage
  [[nodiscard]] std::string bytes(std::string_view name) const;  ///< "" if there is none
  void put(std::string_view name, std::string bytes);            ///< synced, name and all
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  struct File {
    std::string bytes;
    size_t synced = 0;    ///< so many of them survive for certain
    bool broken = false;  ///< a sync failed
  };
  using FilePtr = std::shared_ptr<File>;
  using Names = std::map<std::string, FilePtr, std::less<>>;
  /// What becomes of names in one step: null, it goes.
  using Change = std::vector<std::pair<std::string, FilePtr>>;
  class Handle;

  /// An error if the operation must fail.
  std::optional<Error> refused(Op op, std::string_view name);
  Result<void> append(File& file, std::string_view name, std::string_view bytes);
  Result<void> sync(File& file, std::string_view name);
  [[nodiscard]] uint64_t used() const;
  static void apply(const Change& change, Names& names);
  void change(Change change);

  Names names_;
  Names synced_names_;
  std::vector<Change> changes_;  ///< since the last sync_folder()
  Fault fault_;
  std::optional<uint64_t> capacity_;
  std::optional<uint64_t> writes_left_;
  uint64_t writes_ = 0;
};

}  // namespace discovery::simulation
