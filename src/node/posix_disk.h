// The data folder on a real disk (storage/disk.h), for one process alone.
//
// Lifecycle: open() makes the folder (0700, its parents must exist) where it is missing and locks it; the lock ends
// with the object, or the process. Files are reached through the folder's descriptor and never through symbolic links;
// one that is no regular file is refused. Thread: one at a time. Time: every call may wait for the disk.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/descriptor.h"
#include "storage/disk.h"

namespace discovery::node {

class PosixDisk final : public storage::Disk {
 public:
  static constexpr std::string_view kLockName = "lock";

  /// kConflict: another process holds the folder. Else what is wrong with it, in words.
  static Result<std::unique_ptr<PosixDisk>> open(const std::string& folder);
  /// A folder that another process holds still. Nothing may be written before hold().
  static Result<std::unique_ptr<PosixDisk>> open_held(const std::string& folder);
  /// `lock` is a descriptor of that process's lock, which it gives away; -1: it has ended, the lock is free.
  Result<void> hold(int lock);
  /// The lock; it is shared with whoever gets the descriptor.
  [[nodiscard]] int lock() const { return lock_.get(); }

  Result<std::unique_ptr<storage::DiskFile>> create(std::string_view name) override;
  Result<void> rename(std::string_view from, std::string_view to) override;
  Result<void> remove(std::string_view name) override;
  Result<void> sync_folder() override;
  Result<std::vector<std::string>> list() override;
  Result<std::string> read(std::string_view name, uint64_t offset, size_t bytes_max) override;

 private:
  PosixDisk(std::string name, net::Descriptor folder, net::Descriptor lock);

  const std::string name_;
  const net::Descriptor folder_;
  net::Descriptor lock_;
};

}  // namespace discovery::node
