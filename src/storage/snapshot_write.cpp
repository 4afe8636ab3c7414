#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "storage/crc32c.h"
#include "storage/file_names.h"
#include "storage/snapshot.h"
#include "storage/snapshot_format.h"

namespace discovery::storage {

SnapshotWriter::SnapshotWriter(Disk& disk, uint64_t number, const FileHeader& header, TimePoint instant)
    : disk_(disk), number_(number), header_(header), instant_(instant) {}

SnapshotWriter::~SnapshotWriter() {
  file_.reset();
  // If this fails too, the next writer removes it.
  if (begun_ && !renamed_) static_cast<void>(disk_.remove(kSnapshotTmp));
}

Result<bool> SnapshotWriter::step(Source read) {
  if (!begun_) {
    if (auto done = begin(); !done) return done.error();
  }
  auto more = walk(read);
  if (!more) return more.error();
  if (*more) return false;
  if (auto done = finish(); !done) return done.error();
  return true;
}

Result<void> SnapshotWriter::begin() {
  if (auto old = disk_.remove(kSnapshotTmp); !old && old.error().code != ErrorCode::kNotFound) return old.error();
  auto file = disk_.create(kSnapshotTmp);
  if (!file) return file.error();
  begun_ = true;
  file_ = std::move(*file);
  append_header(ready_, kSnapshotMagic, header_);
  total_ = crc32c(ready_);
  return flush();
}

Result<bool> SnapshotWriter::walk(Source read) {
  const bool more = read(cursor_, budget_, [this](const registry::StoredRecord& stored) { add(stored); });
  const bool large = ready_.size() + section_.size() > kStepBytes;
  budget_ = large ? std::max<size_t>(budget_ / 4, 1) : std::min(budget_ * 2, kRecordsPerStep);
  if (!more) close_section();
  if (auto done = flush(); !done) return done.error();
  return more;
}

void SnapshotWriter::add(const registry::StoredRecord& stored) {
  entry_.clear();
  if (!append_entry(entry_, stored, instant_)) {
    ++left_out_;
    return;
  }
  if (!section_.empty() && section_.size() + entry_.size() > kSectionBytes) close_section();
  section_.append(entry_);
  ++section_records_;
  ++records_;
}

void SnapshotWriter::close_section() {
  if (section_.empty()) return;
  const size_t head = ready_.size();
  append_le(ready_, kRecordSection);
  append_le(ready_, section_records_);
  append_le(ready_, static_cast<uint32_t>(section_.size()));
  append_le(ready_, crc32c(section_));
  total_ = crc32c(std::string_view(ready_).substr(head), total_);
  ready_.append(section_);
  section_.clear();
  section_records_ = 0;
}

Result<void> SnapshotWriter::flush() {
  if (ready_.empty()) return {};
  if (auto done = file_->append(ready_); !done) return done;
  bytes_ += ready_.size();
  ready_.clear();
  if (bytes_ - synced_bytes_ < kSyncEvery) return {};
  synced_bytes_ = bytes_;
  return file_->sync();
}

Result<void> SnapshotWriter::finish() {
  append_le(ready_, kFooter);
  append_le(ready_, total_);
  append_le(ready_, records_);
  if (auto done = flush(); !done) return done;
  if (auto done = file_->sync(); !done) return done;
  file_.reset();
  if (auto done = disk_.rename(kSnapshotTmp, numbered(kSnapshotPrefix, number_)); !done) return done;
  renamed_ = true;
  return disk_.sync_folder();
}

}  // namespace discovery::storage
