// How a snapshot and a journal begin (replication.md 3.4): magic, u16 format, u16 flags, u64 wall, u64 boot, u64 hlc;
// little-endian. The flags are 0; bits that a newer node sets do not stop an older one, another format does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace discovery::storage {

struct FileHeader {
  static constexpr size_t kBytes = 4 + 2 + 2 + 8 + 8 + 8;
  static constexpr uint16_t kFormat = 1;

  int64_t wall_ns = 0;       ///< when the file was begun, Unix nanoseconds
  uint64_t boot = 0;         ///< names the process that wrote it
  int64_t hlc_upper_ns = 0;  ///< no version made before the file was begun is larger
};

inline constexpr std::string_view kSnapshotMagic = "DSNP";
inline constexpr std::string_view kJournalMagic = "DJNL";

void append_header(std::string& out, std::string_view magic, const FileHeader& header);
/// Precondition: bytes of FileHeader::kBytes. kInvalidArgument: another magic or format.
[[nodiscard]] Result<FileHeader> read_header(std::string_view bytes, std::string_view magic);

}  // namespace discovery::storage
