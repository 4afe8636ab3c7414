#include "history/archive.h"

#include <algorithm>
#include <vector>

#include "base/bytes.h"
#include "history/event_codec.h"
#include "storage/crc32c.h"

namespace discovery::history {

namespace {
constexpr std::string_view kPrefix = "history.";
constexpr size_t kHeadBytes = 8;  // of a frame

/// Takes one frame off the front; nothing when it is cut or damaged.
std::optional<std::string_view> take_frame(std::string_view& bytes) {
  if (bytes.size() < kHeadBytes) return std::nullopt;
  std::string_view rest = bytes;
  const auto length = take_le<uint32_t>(rest);
  const auto crc = take_le<uint32_t>(rest);
  if (length > rest.size() || storage::crc32c(rest.substr(0, length)) != crc) return std::nullopt;
  bytes = rest.substr(length);
  return rest.substr(0, length);
}
}  // namespace

Archive::Archive(storage::Disk& disk, History& history, uint64_t bytes_max)
    : disk_(disk), history_(history), file_bytes_max_(bytes_max / 2) {}

Archive::Loaded Archive::load() {
  Loaded loaded;
  std::vector<uint64_t> numbers;
  const auto names = disk_.list();
  if (!names) return loaded;
  for (const std::string& name : *names) {
    if (const auto number = storage::number_of(kPrefix, name)) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  for (const uint64_t number : numbers) load_file(number, loaded);
  saved_ = history_.last_number();
  if (files_.size() > kFilesMax) fold();
  return loaded;
}

void Archive::adopt(uint64_t saved) {
  saved_ = saved;
  file_.reset();
  files_.clear();
  const auto names = disk_.list();
  if (!names) return;
  std::vector<uint64_t> numbers;
  for (const std::string& name : *names) {
    if (const auto number = storage::number_of(kPrefix, name)) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  for (const uint64_t number : numbers) {
    numbers_.seen(number);
    const auto read = disk_.read(storage::numbered(kPrefix, number), 0, 2 * file_bytes_max_ + kFrameBytes);
    files_.push_back({number, read ? read->size() : 0});
  }
}

void Archive::load_file(uint64_t number, Loaded& loaded) {
  numbers_.seen(number);
  ++loaded.files;
  const auto read = disk_.read(storage::numbered(kPrefix, number), 0, 2 * file_bytes_max_ + kFrameBytes);
  std::string_view bytes = read ? std::string_view(*read) : std::string_view();
  files_.push_back({number, bytes.size()});
  if (!bytes.starts_with(kMagic)) {
    ++loaded.damaged;
    return;
  }
  bytes.remove_prefix(kMagic.size());
  while (!bytes.empty()) {
    const auto frame = take_frame(bytes);
    if (!frame) {
      ++loaded.damaged;
      return;
    }
    for (ByteReader in(*frame); in.ok() && !in.at_end();) {
      if (const auto event = read_from_disk(in.text())) {
        history_.restore(*event);
        ++loaded.events;
      }
    }
  }
}

void Archive::fold() {
  std::deque<File> old;
  old.swap(files_);
  saved_ = 0;
  if (!save()) {  // the next start tries again
    files_.insert(files_.begin(), old.begin(), old.end());
    return;
  }
  for (const File& file : old) static_cast<void>(disk_.remove(storage::numbered(kPrefix, file.number)));
}

Result<void> Archive::save() {
  for (;;) {
    std::string events;
    uint64_t last = saved_;
    for (const Event& e : history_.after(saved_)) {
      std::string one;
      append_on_disk(one, e);
      if (!events.empty() && events.size() + one.size() > kFrameBytes) break;
      append_text(events, one);
      last = e.number;
    }
    if (last == saved_) return {};
    std::string frame;
    append_le(frame, static_cast<uint32_t>(events.size()));
    append_le(frame, storage::crc32c(events));
    frame += events;
    if (const auto done = append(frame); !done) {
      file_.reset();
      return done.error();
    }
    saved_ = last;
  }
}

Result<void> Archive::append(const std::string& frame) {
  if (file_ && files_.back().bytes + frame.size() > file_bytes_max_) file_.reset();
  if (!file_) return begin_file(frame);
  if (const auto done = file_->append(frame); !done) return done.error();
  if (const auto done = file_->sync(); !done) return done.error();
  files_.back().bytes += frame.size();
  return {};
}

// A disk that refuses is asked once a second: what it did not take must not leave a file each time.
Result<void> Archive::begin_file(const std::string& frame) {
  std::erase_if(leftovers_, [this](uint64_t n) { return disk_.remove(storage::numbered(kPrefix, n)).has_value(); });
  if (leftovers_.size() >= kLeftoversMax) return Error{ErrorCode::kUnavailable, "files that failed cannot be removed"};
  const uint64_t number = numbers_.next();
  auto file = disk_.create(storage::numbered(kPrefix, number));
  if (!file) return file.error();
  Result<void> done = (*file)->append(std::string(kMagic) + frame);
  if (done) done = (*file)->sync();
  if (done) done = disk_.sync_folder();
  if (!done) {
    file->reset();
    if (!disk_.remove(storage::numbered(kPrefix, number))) leftovers_.push_back(number);
    return done.error();
  }
  file_ = std::move(*file);
  files_.push_back({number, kMagic.size() + frame.size()});
  remove_old_files();
  return {};
}

void Archive::remove_old_files() {
  uint64_t bytes = 0;
  for (const File& file : files_) bytes += file.bytes;
  while (files_.size() > 1 && bytes > 2 * file_bytes_max_) {
    if (!disk_.remove(storage::numbered(kPrefix, files_.front().number))) return;  // the next file tries again
    bytes -= files_.front().bytes;
    files_.pop_front();
  }
}

}  // namespace discovery::history
