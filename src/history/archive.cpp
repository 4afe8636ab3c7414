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
  for (const uint64_t number : numbers) {
    numbers_.seen(number);
    ++loaded.files;
    const auto read = disk_.read(storage::numbered(kPrefix, number), 0, 2 * file_bytes_max_ + kFrameBytes);
    std::string_view bytes = read ? std::string_view(*read) : std::string_view();
    if (!bytes.starts_with(kMagic)) {
      ++loaded.damaged;
      continue;
    }
    bytes.remove_prefix(kMagic.size());
    while (!bytes.empty()) {
      const auto frame = take_frame(bytes);
      if (!frame) {
        ++loaded.damaged;
        break;
      }
      for (ByteReader in(*frame); in.ok() && !in.at_end();) {
        if (const auto event = read_from_disk(in.text())) {
          history_.restore(*event);
          ++loaded.events;
        }
      }
    }
  }
  saved_ = history_.last_number();
  return loaded;
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
  if (file_ && file_bytes_ + frame.size() > file_bytes_max_) file_.reset();
  const bool fresh = !file_;
  if (fresh) {
    auto created = disk_.create(storage::numbered(kPrefix, numbers_.next()));
    if (!created) return created.error();
    file_ = std::move(*created);
    file_bytes_ = kMagic.size();
    if (const auto done = file_->append(kMagic); !done) return done.error();
  }
  if (const auto done = file_->append(frame); !done) return done.error();
  if (const auto done = file_->sync(); !done) return done.error();
  file_bytes_ += frame.size();
  if (!fresh) return {};
  if (const auto done = disk_.sync_folder(); !done) return done.error();
  remove_old_files();
  return {};
}

void Archive::remove_old_files() {
  const auto names = disk_.list();
  if (!names) return;  // the next file tries again
  std::vector<uint64_t> numbers;
  for (const std::string& name : *names) {
    if (const auto number = storage::number_of(kPrefix, name)) numbers.push_back(*number);
  }
  std::sort(numbers.rbegin(), numbers.rend());
  for (size_t i = 2; i < numbers.size(); ++i) static_cast<void>(disk_.remove(storage::numbered(kPrefix, numbers[i])));
}

}  // namespace discovery::history
