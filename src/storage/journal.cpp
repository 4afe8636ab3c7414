#include "storage/journal.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "storage/crc32c.h"
#include "storage/file_header.h"

namespace discovery::storage {
namespace {

constexpr size_t kCrcBytes = sizeof(uint32_t);

struct FrameHead {
  uint32_t length = 0;
  uint32_t count = 0;
  uint32_t crc = 0;
  int64_t wall_ns = 0;
  int64_t hlc_ns = 0;
};

/// All of it but the crc.
std::string covered(const FrameHead& head) {
  std::string out;
  append_le(out, head.length);
  append_le(out, head.count);
  append_le(out, static_cast<uint64_t>(head.wall_ns));
  append_le(out, static_cast<uint64_t>(head.hlc_ns));
  return out;
}

uint32_t crc_of(const FrameHead& head, std::string_view entries) { return crc32c(entries, crc32c(covered(head))); }

void append_head(std::string& out, const FrameHead& head) {
  append_le(out, head.length);
  append_le(out, head.count);
  append_le(out, head.crc);
  append_le(out, static_cast<uint64_t>(head.wall_ns));
  append_le(out, static_cast<uint64_t>(head.hlc_ns));
}

FrameHead parse_head(std::string_view bytes) {
  FrameHead head;
  head.length = take_le<uint32_t>(bytes);
  head.count = take_le<uint32_t>(bytes);
  head.crc = take_le<uint32_t>(bytes);
  head.wall_ns = static_cast<int64_t>(take_le<uint64_t>(bytes));
  head.hlc_ns = static_cast<int64_t>(take_le<uint64_t>(bytes));
  return head;
}

/// Walks one file. Each function says whether it went well; if not, the rest is torn.
class Reader {
 public:
  Reader(Disk& disk, std::string_view name, JournalCounts& counts) : disk_(disk), name_(name), counts_(counts) {}

  bool begin() {
    if (!fetch(FileHeader::kBytes + kCrcBytes)) return false;
    std::string_view crc = std::string_view(bytes_).substr(FileHeader::kBytes);
    if (take_le<uint32_t>(crc) != crc32c(std::string_view(bytes_).substr(0, FileHeader::kBytes))) return false;
    const auto header = read_header(bytes_, kJournalMagic);
    if (!header) return false;
    counts_.hlc_upper_ns = header->hlc_upper_ns;
    counts_.bytes = offset_;
    return true;
  }

  [[nodiscard]] bool at_end() {
    const auto more = disk_.read(name_, offset_, 1);
    return more && more->empty();
  }

  bool frame(FrameHead& head) {
    if (!fetch(kFrameHeadBytes)) return false;
    head = parse_head(bytes_);
    if (head.length > kPendingBytesMax || !fetch(head.length) || crc_of(head, bytes_) != head.crc) return false;
    counts_.hlc_upper_ns = std::max(counts_.hlc_upper_ns, head.hlc_ns);
    counts_.bytes = offset_;
    return true;
  }

  bool entries(const FrameHead& head, FunctionRef<void(const Entry&, int64_t)> f) {
    std::string_view rest = bytes_;
    for (uint32_t i = 0; i < head.count; ++i) {
      const auto entry = read_entry(rest);
      if (!entry) return false;
      f(*entry, head.wall_ns);
      ++counts_.records;
    }
    return rest.empty();
  }

 private:
  bool fetch(size_t bytes) {
    auto read = disk_.read(name_, offset_, bytes);
    if (!read || read->size() != bytes) return false;
    bytes_ = std::move(*read);
    offset_ += bytes;
    return true;
  }

  Disk& disk_;
  const std::string_view name_;
  JournalCounts& counts_;
  std::string bytes_;
  uint64_t offset_ = 0;
};

}  // namespace

Journal::Journal(Disk& disk, Sequence& numbers, uint64_t boot) : disk_(disk), numbers_(numbers), boot_(boot) {}

bool Journal::append(const registry::StoredRecord& stored, const Moment& at) {
  const Moment instant = count_ == 0 ? at : instant_;
  entry_.clear();
  if (!append_entry(entry_, stored, instant.now)) return false;
  if (entries_.size() + entry_.size() > kPendingBytesMax) return false;
  instant_ = instant;
  entries_.append(entry_);
  ++count_;
  return true;
}

Result<void> Journal::commit(int64_t hlc_ns) {
  if (count_ == 0) return {};
  if (auto done = write(hlc_ns); !done) {
    // Whether any of it is on the disk is unknown, and nothing behind a torn frame would be read.
    if (file_ && !durable_) static_cast<void>(disk_.remove(name_));  // it holds no commit
    file_.reset();
    return done;
  }
  entries_.clear();
  count_ = 0;
  return {};
}

Result<void> Journal::write(int64_t hlc_ns) {
  std::string out;
  if (!file_) {
    if (auto done = begin_file(out, hlc_ns); !done) return done;
  }
  FrameHead head{static_cast<uint32_t>(entries_.size()), count_, 0, instant_.wall_ns, hlc_ns};
  head.crc = crc_of(head, entries_);
  append_head(out, head);
  out.append(entries_);
  if (auto done = file_->append(out); !done) return done;
  if (auto done = file_->sync(); !done) return done;
  if (!durable_) {
    if (auto done = disk_.sync_folder(); !done) return done;
    durable_ = true;
  }
  bytes_ += out.size();
  return {};
}

Result<void> Journal::begin_file(std::string& out, int64_t hlc_ns) {
  name_ = numbered(kJournalPrefix, numbers_.next());
  auto file = disk_.create(name_);
  if (!file) return file.error();
  file_ = std::move(*file);
  durable_ = false;
  append_header(out, kJournalMagic, {instant_.wall_ns, boot_, hlc_ns});
  append_le(out, crc32c(out));
  return {};
}

JournalCounts read_journal(Disk& disk, std::string_view name, FunctionRef<bool(int64_t wall_ns)> fresh,
                           FunctionRef<void(const Entry&, int64_t wall_ns)> f) {
  JournalCounts counts;
  Reader reader(disk, name, counts);
  if (!reader.begin()) {
    counts.torn = true;
    return counts;
  }
  while (!reader.at_end()) {
    FrameHead head;
    if (!reader.frame(head)) {
      counts.torn = true;
      break;
    }
    if (!fresh(head.wall_ns)) {
      ++counts.frames_old;
    } else if (!reader.entries(head, f)) {
      counts.torn = true;
      break;
    }
  }
  return counts;
}

}  // namespace discovery::storage
