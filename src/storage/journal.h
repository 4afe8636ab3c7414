// The journal: versions made on this node since the last snapshot, so that an acked write survives the node
// (replication.md 3.4, 3.5: without it an acked re-registration can be lost while its renewals keep the old one alive).
//
// A file journal.<number>: header (file_header.h), u32 crc32c of it, then frames, one per commit: length u32 (of
// entries), count u32, crc32c u32, wall u64, hlc u64, entries (entry.h). The instant of the entries is that of the
// frame, `wall` on the wall clock; the crc covers the frame but for itself. Reading ends at the first frame that is cut
// or damaged: behind it nothing is known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/function_ref.h"
#include "base/result.h"
#include "storage/disk.h"
#include "storage/entry.h"
#include "storage/file_names.h"

namespace discovery::storage {

inline constexpr size_t kFrameHeadBytes = 4 + 4 + 4 + 8 + 8;
/// Uncommitted entries. One commit is one frame.
inline constexpr size_t kPendingBytesMax = size_t{32} << 20;

/// Writes. Lifecycle: a file begins with the first commit after construction, rotate() or a failure; a failed file is
/// never written to again. Thread: one. Time: commit() waits for the disk, append() never.
class Journal {
 public:
  /// `numbers` gives each file its number and outlives this.
  Journal(Disk& disk, Sequence& numbers, uint64_t boot);

  /// Keeps the entry for the next commit; false, and it is not kept, when kPendingBytesMax would be passed
  /// or the record is past the limits of record_codec.h.
  bool append(const registry::StoredRecord& stored, const Moment& at);
  /// Writes what is kept and makes it durable. After an error it is still kept, for the next commit, into a new file.
  Result<void> commit(int64_t hlc_ns);
  /// What is committed from now on stands in a file of a larger number than any given before.
  void rotate() { file_.reset(); }

  [[nodiscard]] bool pending() const { return count_ > 0; }
  [[nodiscard]] size_t pending_bytes() const { return entries_.size(); }
  [[nodiscard]] uint64_t bytes() const { return bytes_; }  ///< committed, over all files

 private:
  Result<void> write(int64_t hlc_ns);
  Result<void> begin_file(std::string& out, int64_t hlc_ns);

  Disk& disk_;
  Sequence& numbers_;
  const uint64_t boot_;
  std::unique_ptr<DiskFile> file_;
  std::string name_;      ///< of file_
  bool durable_ = false;  ///< the name of file_ is
  Moment instant_;        ///< of the kept entries
  std::string entries_;
  std::string entry_;
  uint32_t count_ = 0;
  uint64_t bytes_ = 0;
};

struct JournalCounts {
  uint64_t records = 0;
  uint64_t bytes = 0;        ///< that were sound
  uint64_t frames_old = 0;   ///< not shown to f
  bool torn = false;         ///< something follows the last sound frame, or the file has no sound beginning
  int64_t hlc_upper_ns = 0;  ///< of the header and every sound frame
};

/// Calls `f` for every entry of every sound frame that `fresh` accepts by its wall time. Never fails: what the disk
/// does not give counts as torn.
JournalCounts read_journal(Disk& disk, std::string_view name, FunctionRef<bool(int64_t wall_ns)> fresh,
                           FunctionRef<void(const Entry&, int64_t wall_ns)> f);

}  // namespace discovery::storage
