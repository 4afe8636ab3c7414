#include <algorithm>
#include <utility>

#include "registry/version.h"
#include "storage/store.h"

namespace discovery::storage {
namespace {

/// In rising order.
std::vector<uint64_t> numbers_with(std::string_view prefix, const std::vector<std::string>& names) {
  std::vector<uint64_t> numbers;
  for (const auto& name : names) {
    if (const auto number = number_of(prefix, name)) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

/// How long ago, by the wall; what lies in the future is taken for now.
Duration since(int64_t wall_ns, const Moment& at) {
  int64_t age = 0;
  if (wall_ns >= at.wall_ns || __builtin_sub_overflow(at.wall_ns, wall_ns, &age)) {
    return wall_ns >= at.wall_ns ? Duration(0) : Duration::max();
  }
  return Duration(age);
}

/// What is older than this is forgotten anyway; so no age from a file, however wrong, brings arithmetic to its end.
constexpr Duration kAgeMax = std::chrono::hours(24 * 365);

Duration older_by(Duration age, Duration away) {
  return std::clamp(Duration(registry::saturating_add(age.count(), away.count())), Duration(0), kAgeMax);
}

}  // namespace

Recovery Store::open(const Moment& at) {
  Recovery found;
  opened_at_ = at.now;
  snapshot_at_ = at.now + std::min(settings_.snapshot_every, kFirstSnapshotAfter);
  auto names = disk_.list();
  if (!names) {
    found.error = names.error().message;
    return found;
  }
  const auto snapshots = numbers_with(kSnapshotPrefix, *names);
  const auto journals = numbers_with(kJournalPrefix, *names);
  for (const auto& numbers : {snapshots, journals}) {
    if (!numbers.empty()) numbers_.seen(numbers.back());
  }
  load_snapshot(snapshots, at, found);
  load_journals(journals, at, found);
  registry_.versions().observe(found.hlc_upper_ns);
  return found;
}

void Store::adopt(const Moment& at) {
  opened_at_ = snapshot_at_ = at.now;
  latest_ = previous_ = retry_number_ = 0;
  writer_.reset();
  journal_.rotate();
  const auto names = disk_.list();
  if (!names) return;  // the disk refuses: the snapshot that is due will say so
  for (const std::string_view prefix : {kSnapshotPrefix, kJournalPrefix}) {
    if (const auto numbers = numbers_with(prefix, *names); !numbers.empty()) numbers_.seen(numbers.back());
  }
}

void Store::load_snapshot(const std::vector<uint64_t>& numbers, const Moment& at, Recovery& found) {
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    const auto index = read_index(disk_, numbered(kSnapshotPrefix, *number));
    if (!index) {
      ++found.snapshots_bad;
      continue;
    }
    // However old: what was given out then is not given out again.
    found.hlc_upper_ns = std::max(found.hlc_upper_ns, index->header.hlc_upper_ns);
    const Duration away = since(index->header.wall_ns, at);
    if (away > settings_.snapshot_max_age) {
      ++found.snapshots_old;
      continue;
    }
    const auto counts = read_sections(disk_, *index, [&](const Entry& entry) { restore(entry, away, found); });
    found.generation = latest_ = *number;
    found.age = away;
    found.records = counts.records;
    found.sections_bad = counts.sections_bad;
    return;
  }
}

void Store::load_journals(const std::vector<uint64_t>& numbers, const Moment& at, Recovery& found) {
  for (const uint64_t number : numbers) {
    if (number < found.generation) continue;  // the snapshot holds all of it
    const auto counts = read_journal(
        disk_, numbered(kJournalPrefix, number),
        [&](int64_t wall_ns) { return since(wall_ns, at) <= settings_.snapshot_max_age; },
        [&](const Entry& entry, int64_t wall_ns) { restore(entry, since(wall_ns, at), found); });
    ++found.journals;
    found.journal_records += counts.records;
    found.journal_frames_old += counts.frames_old;
    if (counts.torn) ++found.journal_tails_cut;
    found.hlc_upper_ns = std::max(found.hlc_upper_ns, counts.hlc_upper_ns);
    journal_bytes_found_ += counts.bytes;
  }
}

void Store::restore(const Entry& entry, Duration away, Recovery& found) {
  registry::JoinArgs args;
  args.record = entry.record;
  args.by = "data_dir";
  args.latest_lease = true;
  const bool aged = entry.record.hidden || entry.record.tombstone() || !entry.record.text.origin.empty();
  if (aged) args.record.hidden_age = older_by(entry.record.hidden_age, away);
  if (entry.lease_known && !entry.record.tombstone()) args.lease = opened_at_ - older_by(entry.lease_age, away);
  const auto joined = registry_.join(args, opened_at_);
  if (joined.result == registry::JoinResult::kForgotten) ++found.records_forgotten;
  if (joined.result == registry::JoinResult::kFull) ++found.records_refused;
  const auto& version = entry.record.version;
  found.hlc_upper_ns = std::max({found.hlc_upper_ns, version.incarnation.t_ns, version.set.t_ns});
}

}  // namespace discovery::storage
