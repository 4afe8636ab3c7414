// The data folder as storage sees it: a seam, so that a simulator can lose power at every step. The daemon's is
// node/posix_disk.h, the simulator's tests/simulation/simulated_disk.h.
//
// Names are plain names of ours (is_plain_name), never paths; anything else is refused with kInvalidArgument.
// Durability, as a file system gives it: appended bytes survive a crash after DiskFile::sync(), a name (of a created,
// renamed or removed file) after Disk::sync_folder(). Until then any part of them may.
// Thread: one at a time. Errors: kNotFound, kConflict (the name exists), kExhausted (no room), kUnavailable (anything
// else that the disk says).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace discovery::storage {

/// A new file, open for appending. Destroying it closes it without sync().
class DiskFile {
 public:
  virtual ~DiskFile() = default;
  /// All of the bytes, or an error; after an error it is unknown which of them are in the file.
  virtual Result<void> append(std::string_view bytes) = 0;
  /// After an error the file is lost: what was written before may be gone, even if a later sync() succeeds.
  virtual Result<void> sync() = 0;
};

class Disk {
 public:
  static constexpr size_t kNameBytesMax = 64;
  static constexpr size_t kFilesMax = 4096;  ///< that list() tells

  virtual ~Disk() = default;
  /// An empty file that only its owner may read; kConflict if the name exists.
  virtual Result<std::unique_ptr<DiskFile>> create(std::string_view name) = 0;
  /// Replaces `to` if it exists.
  virtual Result<void> rename(std::string_view from, std::string_view to) = 0;
  virtual Result<void> remove(std::string_view name) = 0;
  virtual Result<void> sync_folder() = 0;
  /// Plain names only, in rising order; kExhausted when there are more than kFilesMax.
  virtual Result<std::vector<std::string>> list() = 0;
  /// Bytes from `offset` on, `bytes_max` of them or as many as there are. Takes memory for what is there only.
  virtual Result<std::string> read(std::string_view name, uint64_t offset, size_t bytes_max) = 0;
};

/// Letters, digits, '.', '-' and '_', not beginning with '.', 1 to Disk::kNameBytesMax bytes.
constexpr bool is_plain_name(std::string_view name) {
  if (name.empty() || name.size() > Disk::kNameBytesMax || name.front() == '.') return false;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '.' && c != '-' && c != '_') return false;
  }
  return true;
}

}  // namespace discovery::storage
