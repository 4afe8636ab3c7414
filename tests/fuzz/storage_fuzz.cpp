// Records, as they come from a peer or from disk, and the files of the data folder.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/fuzz_target.h"
#include "registry/record_codec.h"
#include "registry/registry.h"
#include "storage/crc32c.h"
#include "storage/entry.h"
#include "storage/file_names.h"
#include "storage/journal.h"
#include "storage/snapshot.h"
#include "storage/snapshot_format.h"
#include "storage/store.h"

namespace discovery::fuzz {
namespace {

constexpr TimePoint kNow = from_wire_ns(1'700'000'000'000'000'000);

std::string seed_record() {
  registry::Record r;
  r.app = {"dev", "shop.cart"};
  r.text = {"z", "h", "region", "1.2", R"(["http://10.0.0.1:80"])", R"({"weight":"10"})", ""};
  r.version = {{1'700'000'000'000'000'001, 7, false, 0}, {1'700'000'000'000'000'002, 8}};
  r.status = 1;
  r.hidden = true;
  r.home_age = std::chrono::seconds(3);
  r.hidden_age = std::chrono::seconds(90);
  std::string out;
  registry::append_record(out, r);
  return out;
}

std::string seed_tombstone() {
  registry::Record r;
  r.app = {"dev", "shop.cart"};
  r.text = {"z", "h", "", "", "", "", ""};
  r.version = {{1'700'000'000'000'000'001, 7, true, 0}, {}};
  std::string out;
  registry::append_record(out, r);
  return out;
}

/// What is read is, written again, the same bytes; what is refused is left.
void fuzz_record(std::string_view bytes) {
  while (true) {
    const std::string_view before = bytes;
    const auto record = registry::read_record(bytes);
    if (!record) {
      FUZZ_CHECK(bytes == before);
      return;
    }
    std::string again;
    registry::append_record(again, *record);
    FUZZ_CHECK(again == before.substr(0, before.size() - bytes.size()));
  }
}

const RegisteredTarget kRecord({"record",
                                fuzz_record,
                                {seed_record(), seed_tombstone(), seed_record() + seed_tombstone()},
                                {std::string("\x64\x01x"), std::string("\x13\x01\x02"), std::string("\x07\x01\x01"),
                                 std::string("\x80\x80"), "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"}});

/// One file, which can be read and nothing else.
class OneFile final : public storage::Disk {
 public:
  OneFile(std::string name, std::string_view bytes) : name_(std::move(name)), bytes_(bytes) {}
  Result<std::unique_ptr<storage::DiskFile>> create(std::string_view) override { return refused(); }
  Result<void> rename(std::string_view, std::string_view) override { return refused(); }
  Result<void> remove(std::string_view) override { return refused(); }
  Result<void> sync_folder() override { return refused(); }
  Result<std::vector<std::string>> list() override { return std::vector<std::string>{name_}; }
  Result<std::string> read(std::string_view name, uint64_t offset, size_t bytes_max) override {
    if (name != name_) return not_found("no such file");
    if (offset >= bytes_.size()) return std::string();
    return std::string(bytes_.substr(static_cast<size_t>(offset), bytes_max));
  }

 private:
  static Error refused() { return {ErrorCode::kUnavailable, "read only"}; }
  const std::string name_;
  const std::string_view bytes_;
};

/// Whatever the file says, it is loaded or refused, and the counts fit what is in the registry.
void load(const std::string& name, std::string_view bytes) {
  OneFile disk(name, bytes);
  registry::RegistrySettings settings;
  settings.memory_bytes_max = size_t{16} << 20;
  registry::Registry registry(settings);
  storage::Store store(disk, registry, {});
  const auto found = store.open({kNow, to_wire_ns(kNow)});
  uint64_t stored = 0;
  registry::RecordCursor cursor;
  registry.read_records(cursor, bytes.size() + 1, [&](const registry::StoredRecord&) { ++stored; });
  FUZZ_CHECK(stored <= found.records + found.journal_records);
  FUZZ_CHECK(found.records + found.journal_records <= bytes.size());
}

void put_le32(std::string& bytes, size_t at, uint32_t v) {
  for (size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(v >> (8 * i));
}
uint32_t le32(std::string_view bytes, size_t at) {
  uint32_t v = 0;
  for (size_t i = 0; i < 4; ++i) v |= uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return v;
}

/// The checksums made right, so that what lies behind them is reached: what a forger would do.
std::string with_right_sums(std::string bytes) {
  using storage::FileHeader;
  constexpr size_t kHead = storage::kSectionHeadBytes;
  if (bytes.size() < FileHeader::kBytes) return bytes;
  uint32_t total = storage::crc32c(std::string_view(bytes).substr(0, FileHeader::kBytes));
  for (size_t at = FileHeader::kBytes; bytes.size() - at >= kHead;) {
    if (le32(bytes, at) == storage::kFooter) {
      put_le32(bytes, at + 4, total);
      break;
    }
    const size_t length = le32(bytes, at + 8);
    if (length > bytes.size() - at - kHead) break;
    put_le32(bytes, at + 12, storage::crc32c(std::string_view(bytes).substr(at + kHead, length)));
    total = storage::crc32c(std::string_view(bytes).substr(at, kHead), total);
    at += kHead + length;
  }
  return bytes;
}

void fuzz_snapshot(std::string_view bytes) {
  load("snap.1", bytes);
  load("snap.1", with_right_sums(std::string(bytes)));
}

std::string entry_of(const std::string& record) { return std::string(8, '\0') + '\1' + record; }

std::string seed_snapshot() {
  std::string out;
  storage::append_header(out, storage::kSnapshotMagic, {to_wire_ns(kNow), 1, to_wire_ns(kNow)});
  const std::string entries = entry_of(seed_record()) + entry_of(seed_tombstone());
  std::string head(storage::kSectionHeadBytes, '\0');
  put_le32(head, 0, storage::kRecordSection);
  put_le32(head, 4, 2);
  put_le32(head, 8, static_cast<uint32_t>(entries.size()));
  out += head + entries;
  std::string footer(storage::kSectionHeadBytes, '\0');
  put_le32(footer, 8, 2);
  return with_right_sums(out + footer);
}

const RegisteredTarget kSnapshot({"snapshot",
                                  fuzz_snapshot,
                                  {seed_snapshot()},
                                  {std::string("DSNP\1\0\0\0", 8), std::string("\1\0\0\0", 4), std::string(16, '\0'),
                                   seed_record(), std::string("\xff\xff\xff\x7f")}});

/// Sums of frames made right.
std::string with_right_frames(std::string bytes) {
  using storage::FileHeader;
  constexpr size_t kBegin = FileHeader::kBytes + 4;
  constexpr size_t kHead = storage::kFrameHeadBytes;
  if (bytes.size() < kBegin) return bytes;
  put_le32(bytes, FileHeader::kBytes, storage::crc32c(std::string_view(bytes).substr(0, FileHeader::kBytes)));
  for (size_t at = kBegin; bytes.size() - at >= kHead;) {
    const size_t length = le32(bytes, at);
    if (length > bytes.size() - at - kHead) break;
    const std::string covered = bytes.substr(at, 8) + bytes.substr(at + 12, kHead - 12 + length);
    put_le32(bytes, at + 8, storage::crc32c(covered));
    at += kHead + length;
  }
  return bytes;
}

void fuzz_journal(std::string_view bytes) {
  load("journal.1", bytes);
  load("journal.1", with_right_frames(std::string(bytes)));
}

std::string seed_journal() {
  std::string out;
  storage::append_header(out, storage::kJournalMagic, {to_wire_ns(kNow), 1, to_wire_ns(kNow)});
  out.append(4, '\0');
  for (const auto& record : {seed_record(), seed_tombstone()}) {
    const std::string entry = entry_of(record);
    std::string head(storage::kFrameHeadBytes, '\0');
    put_le32(head, 0, static_cast<uint32_t>(entry.size()));
    put_le32(head, 4, 1);
    for (size_t i = 0; i < 8; ++i) head[12 + i] = static_cast<char>(to_wire_ns(kNow) >> (8 * i));
    out += head + entry;
  }
  return with_right_frames(out);
}

const RegisteredTarget kJournal({"journal",
                                 fuzz_journal,
                                 {seed_journal()},
                                 {std::string("DJNL\1\0\0\0", 8), std::string(28, '\0'), seed_record(),
                                  std::string("\xff\xff\xff\x7f")}});

}  // namespace
}  // namespace discovery::fuzz
