// A snapshot: all records of the registry in one file (replication.md 3.4).
//
// The file: header (file_header.h); sections; a footer. A section is type u32, count u32, length u32, crc32c u32 of its
// payload, then the payload: `count` entries (entry.h), their instant being that of the header. The footer has the
// shape of a section's head: type 0, total u32, count u64 of all records; `total` is the crc32c of the header and the
// heads of all sections, so it vouches for their crcs too; nothing may follow it. So damage inside a section costs that
// section; damage anywhere else, or a file that ends early, costs the file. Sections of unknown types are passed over.
// Integers are little-endian.
//
// Limits: kSectionBytes a section, but for one that holds a single larger entry; kSectionsMax sections.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "base/result.h"
#include "base/time.h"
#include "registry/record_codec.h"
#include "registry/registry.h"
#include "storage/disk.h"
#include "storage/entry.h"
#include "storage/file_header.h"

namespace discovery::storage {

inline constexpr size_t kSectionBytes = size_t{256} << 10;
inline constexpr size_t kSectionBytesMax = registry::kRecordBytesMax + 64;  ///< that a reader accepts
inline constexpr size_t kSectionsMax = size_t{1} << 20;
inline constexpr size_t kSectionHeadBytes = 16;

/// Writes one snapshot a step at a time, into kSnapshotTmp, which takes its name once it is whole and on the disk.
///
/// Lifecycle: begin by constructing; step() until it says true or fails. Destroyed earlier, or failed, it leaves at
/// most kSnapshotTmp behind, and tries to remove it. Thread: one. Cost: a step reads at most kRecordsPerStep records,
/// each lock held for as many at most, and writes a section or a few; every kSyncEvery bytes are synced, so that no
/// step waits for the disk longer than for those.
class SnapshotWriter {
 public:
  static constexpr size_t kRecordsPerStep = 1024;
  static constexpr size_t kStepBytes = size_t{1} << 20;  ///< a step that gave more makes the next one shorter
  static constexpr size_t kSyncEvery = size_t{8} << 20;

  /// As Registry::read_records().
  using Source =
      FunctionRef<bool(registry::RecordCursor& at, size_t budget, FunctionRef<void(const registry::StoredRecord&)> f)>;

  /// `header` was made at `instant`.
  SnapshotWriter(Disk& disk, uint64_t number, const FileHeader& header, TimePoint instant);
  ~SnapshotWriter();
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  /// True: the snapshot stands under its name, durable. An error ends it.
  Result<bool> step(Source read);
  [[nodiscard]] uint64_t number() const { return number_; }
  [[nodiscard]] uint64_t bytes() const { return bytes_; }
  [[nodiscard]] uint64_t records() const { return records_; }
  /// Records past the limits of record_codec.h.
  [[nodiscard]] uint64_t left_out() const { return left_out_; }

 private:
  Result<void> begin();
  Result<bool> walk(Source read);
  Result<void> finish();
  void add(const registry::StoredRecord& stored);
  void close_section();
  Result<void> flush();

  Disk& disk_;
  const uint64_t number_;
  const FileHeader header_;
  const TimePoint instant_;
  std::unique_ptr<DiskFile> file_;
  registry::RecordCursor cursor_;
  size_t budget_ = 64;   ///< records of the next step
  std::string section_;  ///< payload of the section that grows
  uint32_t section_records_ = 0;
  std::string ready_;  ///< closed sections that are not in the file yet
  std::string entry_;
  uint32_t total_ = 0;
  uint64_t bytes_ = 0;
  uint64_t synced_bytes_ = 0;
  uint64_t records_ = 0;
  uint64_t left_out_ = 0;
  bool begun_ = false;
  bool renamed_ = false;
};

/// Where the sections of a file stand; what the footer vouches for.
struct SnapshotIndex {
  struct Section {
    uint64_t offset = 0;
    uint32_t bytes = 0;
    uint32_t count = 0;
    uint32_t crc = 0;
  };
  std::string name;
  FileHeader header;
  std::vector<Section> sections;  ///< of records
};

/// Reads all but the payloads. kInvalidArgument: not a whole snapshot; else as the disk says.
[[nodiscard]] Result<SnapshotIndex> read_index(Disk& disk, std::string_view name);

struct SnapshotCounts {
  uint64_t records = 0;
  uint64_t sections_bad = 0;  ///< left out: damaged, or the disk refused them
};

/// Calls f for every entry of every sound section; the entry's views are valid in the call.
SnapshotCounts read_sections(Disk& disk, const SnapshotIndex& index, FunctionRef<void(const Entry&)> f);

}  // namespace discovery::storage
