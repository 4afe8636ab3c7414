// The history on disk, so that it outlives the process.
//
// Files `history.<n>` in the data folder: a magic text, then frames (length u32, crc32c u32, events, each with its
// length in front). New events are appended; a process begins a file of its own, and another when it is full. The
// oldest are removed when all hold more than they may; a start that finds more than kFilesMax writes all of it into new
// ones. Reading ends at the first frame that is cut or damaged.
//
// Lifecycle: load() once, before anything happens; then save() now and then, and at the end. Thread: one, which waits
// for the disk. A crash loses what happened since the last save(). Errors: none stops anything; a file that failed is
// not written to again (one that holds nothing yet is removed), and what was not saved is tried again.
// Limits: kFrameBytes a frame; a file of at most twice its share is read.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "history/history.h"
#include "storage/disk.h"
#include "storage/file_names.h"

namespace discovery::history {

class Archive {
 public:
  static constexpr size_t kFrameBytes = size_t{1} << 20;
  static constexpr size_t kFilesMax = 8;
  static constexpr size_t kLeftoversMax = 4;  ///< files that failed and could not be removed
  static constexpr std::string_view kMagic = "discoveryd history 1\n";

  /// What was read.
  struct Loaded {
    uint64_t events = 0;
    uint64_t files = 0;
    uint64_t damaged = 0;  ///< files of which an end, or all, could not be read
  };

  /// Both outlive it. `bytes_max` of disk, in two files.
  Archive(storage::Disk& disk, History& history, uint64_t bytes_max);

  Loaded load();
  /// Instead of load(), or after another process has used the folder: the history holds all that is in it, up to event
  /// number `saved`.
  void adopt(uint64_t saved);
  /// What happened since the last call. kUnavailable, kExhausted: as the disk says.
  Result<void> save();

 private:
  struct File {
    uint64_t number;
    uint64_t bytes;
  };

  void load_file(uint64_t number, Loaded& loaded);
  /// Writes everything anew, into as few files as it takes.
  void fold();
  Result<void> append(const std::string& frame);
  Result<void> begin_file(const std::string& frame);
  void remove_old_files();

  storage::Disk& disk_;
  History& history_;
  const uint64_t file_bytes_max_;
  storage::Sequence numbers_;
  std::deque<File> files_;  ///< that hold something, oldest first; the last is file_, if that is open
  std::vector<uint64_t> leftovers_;
  std::unique_ptr<storage::DiskFile> file_;
  uint64_t saved_ = 0;  ///< the number of the last event that is on disk
};

}  // namespace discovery::history
