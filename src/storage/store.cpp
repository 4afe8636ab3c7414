#include "storage/store.h"

#include <algorithm>
#include <utility>

namespace discovery::storage {

Store::Store(Disk& disk, registry::Registry& registry, const StoreSettings& settings)
    : disk_(disk), registry_(registry), settings_(settings), journal_(disk, numbers_, settings.boot) {}

void Store::Backoff::failed(TimePoint now) {
  wait = std::clamp(wait * 2, kRetryMin, kRetryMax);
  until = now + wait;
}

void Store::wrote(const registry::StoredRecord& stored, const Moment& at) {
  const bool first = !journal_.pending();
  const bool room = unsaved() < kJournalFactor * settings_.journal_bytes_max;
  if (!room || !journal_.append(stored, at)) {
    ++stats_.journal_lost;
    snapshot_at_ = std::min(snapshot_at_, at.now);  // the only place left for it
    another_ = true;
    return;
  }
  if (first) commit_at_ = at.now + settings_.commit_every;
}

TimePoint Store::commit_due() const {
  return journal_.pending() ? std::max(commit_at_, commit_backoff_.until) : TimePoint::max();
}

TimePoint Store::snapshot_due() const { return std::max(snapshot_at_, snapshot_backoff_.until); }

TimePoint Store::next() const { return std::min(commit_due(), writer_ ? step_at_ : snapshot_due()); }

TimePoint Store::tick(const Moment& at) {
  if (at.now >= commit_due()) commit(at.now);
  if (!writer_ && at.now >= snapshot_due()) begin_snapshot(at);
  if (writer_ && at.now >= step_at_) step_snapshot(at.now);
  return next();
}

void Store::commit(TimePoint now) {
  if (auto done = journal_.commit(registry_.versions().last()); !done) {
    ++stats_.journal_failures;
    stats_.last_error = "journal: " + done.error().message;
    commit_backoff_.failed(now);
    return;
  }
  ++stats_.journal_commits;
  commit_backoff_.worked();
  if (unsaved() >= settings_.journal_bytes_max) snapshot_at_ = std::min(snapshot_at_, now);
}

void Store::begin_snapshot(const Moment& at) {
  // All that older journals hold is in the registry by now, so the walk will meet it. A snapshot that is tried again
  // keeps its number: the journals since its first try are needed with it, and no more.
  if (retry_number_ == 0) {
    retry_number_ = numbers_.next();
    mark_writer_ = journalled();
    journal_.rotate();
  }
  const FileHeader header{at.wall_ns, settings_.boot, registry_.versions().last()};
  writer_ = std::make_unique<SnapshotWriter>(disk_, retry_number_, header, at.now);
  writer_began_ = step_at_ = at.now;
  another_ = false;
}

void Store::step_snapshot(TimePoint now) {
  auto done = writer_->step(
      [this](registry::RecordCursor& at, size_t budget, FunctionRef<void(const registry::StoredRecord&)> f) {
        return registry_.read_records(at, budget, f);
      });
  if (!done) {
    snapshot_failed(done.error(), now);
  } else if (*done) {
    snapshot_done(now);
  } else {
    step_at_ = now + kStepPause;
  }
}

void Store::snapshot_failed(const Error& error, TimePoint now) {
  writer_.reset();
  ++stats_.snapshot_failures;
  stats_.last_error = "snapshot: " + error.message;
  snapshot_backoff_.failed(now);
}

void Store::snapshot_done(TimePoint now) {
  ++stats_.snapshots;
  stats_.snapshot_bytes = writer_->bytes();
  stats_.snapshot_records = writer_->records();
  stats_.snapshot_left_out = writer_->left_out();
  stats_.snapshot_took = now - writer_began_;
  stats_.snapshot_at = writer_began_;
  stats_.generation = writer_->number();
  previous_ = latest_;
  latest_ = writer_->number();
  mark_previous_ = previous_ == 0 ? mark_writer_ : mark_latest_;
  mark_latest_ = mark_writer_;
  retry_number_ = 0;
  writer_.reset();
  snapshot_backoff_.worked();
  snapshot_at_ = another_ ? now : writer_began_ + settings_.snapshot_every;
  remove_old_files();
}

void Store::remove_old_files() {
  const auto names = disk_.list();
  if (!names) return;  // the next snapshot tries again
  const uint64_t oldest = previous_ == 0 ? latest_ : previous_;
  for (const auto& name : *names) {
    const auto snapshot = number_of(kSnapshotPrefix, name);
    const auto journal = number_of(kJournalPrefix, name);
    const bool needed =
        (snapshot && (*snapshot == latest_ || *snapshot == previous_)) || (journal && *journal > oldest);
    if ((snapshot || journal) && !needed) static_cast<void>(disk_.remove(name));
  }
}

void Store::rest(const Moment& at) {
  if (journal_.pending()) commit(at.now);
  writer_.reset();
}

Result<void> Store::finish(const Moment& at) {
  if (journal_.pending()) commit(at.now);
  writer_.reset();
  begin_snapshot(at);
  const uint64_t before = stats_.snapshots;
  while (writer_) step_snapshot(at.now);
  if (stats_.snapshots == before) return Error{ErrorCode::kUnavailable, stats_.last_error};
  return {};
}

StoreStats Store::stats() const {
  StoreStats stats = stats_;
  stats.journal_bytes = journalled() - mark_previous_;
  stats.pending_bytes = journal_.pending_bytes();
  stats.failing = commit_backoff_.wait > Duration(0) || snapshot_backoff_.wait > Duration(0);
  return stats;
}

}  // namespace discovery::storage
