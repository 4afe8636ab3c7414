#include "ctl/snapshot_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

#include "ctl/wording.h"

namespace discovery::ctl {

namespace {

constexpr const char* kMark = "discovery_snapshot";

std::string reason(int error) { return std::generic_category().message(error); }

/// Onto the disk.
bool synced(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool done = ::fsync(fd) == 0;
  ::close(fd);
  return done;
}

/// Gives `from` the name `to`; EEXIST if that is taken and may not be replaced.
bool renamed(const std::string& from, const std::string& to, SnapshotFileWriter::Replace replace) {
  if (replace == SnapshotFileWriter::Replace::kYes) return ::rename(from.c_str(), to.c_str()) == 0;
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  // A file system that cannot say so.
  std::error_code unknown;
  if (std::filesystem::exists(std::filesystem::symlink_status(to, unknown))) {
    errno = EEXIST;
    return false;
  }
  return ::rename(from.c_str(), to.c_str()) == 0;
}

/// Lines of bounded length.
class Lines {
 public:
  explicit Lines(const std::string& path) : file_(path, std::ios::binary) {}

  [[nodiscard]] bool readable() const { return file_.is_open(); }
  /// What next() could not read was no end.
  [[nodiscard]] bool failed() const { return file_.bad(); }
  [[nodiscard]] int64_t number() const { return number_; }
  /// Without its line feed, which it must have. None: there is no further whole line of that length.
  std::optional<std::string> next() {
    std::string line;
    ++number_;
    while (true) {
      const size_t end = buffer_.find('\n', at_);
      const size_t upto = std::min(end, buffer_.size());
      if (line.size() + (upto - at_) > kLineBytesMax) return std::nullopt;
      line.append(buffer_, at_, upto - at_);
      if (end != std::string::npos) {
        at_ = end + 1;
        return line;
      }
      if (!refill()) return std::nullopt;
    }
  }
  /// Nothing follows.
  [[nodiscard]] bool at_end() { return at_ == buffer_.size() && !refill(); }

 private:
  bool refill() {
    constexpr size_t kBlock = size_t{64} << 10;
    buffer_.resize(kBlock);
    file_.read(buffer_.data(), static_cast<std::streamsize>(kBlock));
    buffer_.resize(static_cast<size_t>(file_.gcount()));
    at_ = 0;
    return !buffer_.empty();
  }

  std::ifstream file_;
  std::string buffer_;
  size_t at_ = 0;
  int64_t number_ = 0;
};

}  // namespace

SnapshotFileWriter::~SnapshotFileWriter() {
  if (!begun_) return;
  file_.close();
  std::error_code ignored;
  std::filesystem::remove(part_, ignored);
}

Failure SnapshotFileWriter::failed(const std::string& what) const {
  return refused(shown(path_) + ": it cannot be written: " + what);
}

Outcome<void> SnapshotFileWriter::begin(const SnapshotHead& head) {
  const int fd = ::mkstemp(part_.data());  // a name that is nobody's
  if (fd < 0) return failed(reason(errno));
  ::close(fd);
  begun_ = true;
  file_.open(part_, std::ios::binary | std::ios::trunc);
  if (!file_.is_open()) return failed(reason(errno));
  line({{kMark, kSnapshotFormat}, {"node", head.node}, {"taken_at", head.taken_ns}, {"env", head.env}});
  return {};
}

void SnapshotFileWriter::add(const Json& record) {
  line(record);
  ++records_;
}

void SnapshotFileWriter::line(const Json& json) {
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  crc_.process_bytes(text.data(), text.size());
  file_ << text;
}

Outcome<void> SnapshotFileWriter::finish() {
  line({{"records", records_}, {"crc32", crc_.checksum()}});
  file_.close();
  if (file_.fail() || !synced(part_)) return failed("the disk is full, or refuses");
  if (!renamed(part_, path_, replace_)) return failed(reason(errno));
  begun_ = false;
  // The name too; a folder that cannot be read, or synced, keeps it as well as it can.
  const std::string folder = std::filesystem::path(path_).parent_path().string();
  static_cast<void>(synced(folder.empty() ? "." : folder));
  return {};
}

Outcome<SnapshotHead> read_snapshot_file(const std::string& path, FunctionRef<void(const Json&)> record) {
  Lines lines(path);
  if (!lines.readable()) return refused(shown(path) + ": it cannot be read: " + reason(errno));
  const auto damaged = [&](const std::string& what) {
    return refused(shown(path) + ", line " + std::to_string(lines.number()) + ": " + what);
  };
  boost::crc_32_type crc;
  std::optional<SnapshotHead> head;
  int64_t records = 0;
  while (const auto line = lines.next()) {
    const auto document = parse_answer(*line);
    if (!document) return damaged(head ? "damaged: it is no JSON object" : "this is no snapshot of discoveryctl");
    const Json& json = document->json;
    if (!head) {
      if (!json.contains(kMark)) return damaged("this is no snapshot of discoveryctl");
      if (number_at(json, kMark) != kSnapshotFormat) return damaged("a format of another version of discoveryctl");
      head = SnapshotHead{text_at(json, "node"), number_at(json, "taken_at"), text_at(json, "env")};
    } else if (json.contains("crc32")) {
      const bool whole = number_at(json, "records") == records && number_at(json, "crc32") == crc.checksum();
      if (!whole) return damaged("damaged: the records above are not those that were saved");
      if (!lines.at_end()) return damaged("damaged: something follows the end");
      return *head;
    } else {
      record(json);
      ++records;
    }
    crc.process_bytes(line->data(), line->size());
    crc.process_byte('\n');
  }
  if (lines.failed()) return refused(shown(path) + ": it cannot be read");
  return damaged("damaged: the end is missing, or the line is too long");
}

}  // namespace discovery::ctl
