// Bytes of a Record, the same between nodes and on disk.
//
// A record is: total length, then fields of (tag, length, bytes) in rising order of tags; numbers are little-endian
// base 128 ("varint"), signed ones zigzag. A field that this version does not know is kept, as it came, in
// InstanceText::extension, and is encoded again behind the known ones, so that a newer node's fields survive a
// passage through an older one (replication.md 2.5). A field that has its default value is left out.
//
// Limits: kRecordBytesMax a record; names, addresses and metadata within what Instance can hold (RecordLimits).
// Errors: kInvalidArgument for anything malformed, repeated, out of order or past a limit; nothing is half decoded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "registry/record.h"

namespace discovery::registry {

inline constexpr size_t kRecordBytesMax = size_t{16} << 20;
inline constexpr size_t kNameBytesMax = 1024;       ///< appid, env, zone, hostname: 1 to this
inline constexpr size_t kExtensionBytesMax = 4096;  ///< unknown fields of one record
inline constexpr size_t kOriginBytesMax = size_t{4} << 20;

void append_record(std::string& out, const Record& record);
/// Takes one record off the front of `bytes`; the record's views point into them.
[[nodiscard]] Result<Record> read_record(std::string_view& bytes);

}  // namespace discovery::registry
