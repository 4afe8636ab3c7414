// One record in a file of the data folder, with what is known of its lease.
//
// An entry is: lease (u64, little-endian), flags (u8), record (record_codec.h). Times are differences to an
// *instant* that stands before the entries, read on the cluster clock and on the wall at once: so a wall clock that
// steps while entries are written moves nothing. The lease is the latest renewal known to the node that wrote the file,
// whoever accepted it; it may be later than the instant (a file grows after its header). Bit 0 of the flags: it is of a
// renewal; else it tells since when the record was held, and proves no life. Which node accepted it (Record::home_age)
// is not kept: a node that starts has accepted nothing yet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "registry/record.h"

namespace discovery::storage {

/// The same moment on both clocks. The wall is read, never carried on: it says how long the process was away.
struct Moment {
  TimePoint now;        ///< cluster clock
  int64_t wall_ns = 0;  ///< Unix nanoseconds of the wall clock
};

struct Entry {
  registry::Record record;  ///< without home_age; hidden_age is the lease's age at the instant
  Duration lease_age{};     ///< at the instant; negative: renewed after it
  bool lease_known = false;
};

/// False, and nothing is appended, for a record past the limits of record_codec.h: no reader would take it.
bool append_entry(std::string& out, const registry::StoredRecord& stored, TimePoint instant);
/// Takes one entry off the front of `bytes`; the views of its record point into them. kInvalidArgument.
[[nodiscard]] Result<Entry> read_entry(std::string_view& bytes);

}  // namespace discovery::storage
