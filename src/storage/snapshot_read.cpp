#include <utility>

#include "base/bytes.h"
#include "storage/crc32c.h"
#include "storage/snapshot.h"
#include "storage/snapshot_format.h"

namespace discovery::storage {
namespace {

/// Exactly so many bytes.
Result<std::string> read_exactly(Disk& disk, std::string_view name, uint64_t offset, size_t bytes) {
  auto read = disk.read(name, offset, bytes);
  if (read && read->size() != bytes) return invalid("the file ends early");
  return read;
}

struct Head {
  uint32_t type = 0;
  uint32_t count = 0;
  uint32_t bytes = 0;
  uint32_t crc = 0;
};

Head parse_head(std::string_view bytes) {
  Head head;
  head.type = take_le<uint32_t>(bytes);
  head.count = take_le<uint32_t>(bytes);
  head.bytes = take_le<uint32_t>(bytes);
  head.crc = take_le<uint32_t>(bytes);
  return head;
}

/// The footer agrees with what was seen, and is the end.
Result<void> check_footer(Disk& disk, const SnapshotIndex& index, uint64_t offset, std::string_view footer,
                          uint32_t total) {
  take_le<uint32_t>(footer);
  if (take_le<uint32_t>(footer) != total) return invalid("the footer does not fit the file");
  uint64_t count = 0;
  for (const auto& section : index.sections) count += section.count;
  if (take_le<uint64_t>(footer) != count) return invalid("the footer counts other records");
  auto behind = disk.read(index.name, offset + kSectionHeadBytes, 1);
  if (!behind) return behind.error();
  if (!behind->empty()) return invalid("bytes behind the footer");
  return {};
}

/// False: not all of it could be read.
bool read_section(Disk& disk, std::string_view name, const SnapshotIndex::Section& section,
                  FunctionRef<void(const Entry&)> f, uint64_t& records) {
  const auto payload = read_exactly(disk, name, section.offset, section.bytes);
  if (!payload || crc32c(*payload) != section.crc) return false;
  std::string_view rest = *payload;
  for (uint32_t i = 0; i < section.count; ++i) {
    const auto entry = read_entry(rest);
    if (!entry) return false;
    f(*entry);
    ++records;
  }
  return rest.empty();
}

}  // namespace

Result<SnapshotIndex> read_index(Disk& disk, std::string_view name) {
  const auto start = read_exactly(disk, name, 0, FileHeader::kBytes);
  if (!start) return start.error();
  const auto header = read_header(*start, kSnapshotMagic);
  if (!header) return header.error();

  SnapshotIndex index{std::string(name), *header, {}};
  uint32_t total = crc32c(*start);
  uint64_t offset = FileHeader::kBytes;
  for (size_t seen = 0; seen <= kSectionsMax; ++seen) {
    const auto bytes = read_exactly(disk, name, offset, kSectionHeadBytes);
    if (!bytes) return bytes.error();
    const Head head = parse_head(*bytes);
    if (head.type == kFooter) {
      if (auto fits = check_footer(disk, index, offset, *bytes, total); !fits) return fits.error();
      return index;
    }
    if (head.bytes > kSectionBytesMax) return invalid("a section that is too long");
    total = crc32c(*bytes, total);
    offset += kSectionHeadBytes;
    if (head.type == kRecordSection) index.sections.push_back({offset, head.bytes, head.count, head.crc});
    offset += head.bytes;
  }
  return invalid("too many sections");
}

SnapshotCounts read_sections(Disk& disk, const SnapshotIndex& index, FunctionRef<void(const Entry&)> f) {
  SnapshotCounts counts;
  for (const auto& section : index.sections) {
    if (!read_section(disk, index.name, section, f, counts.records)) ++counts.sections_bad;
  }
  return counts;
}

}  // namespace discovery::storage
