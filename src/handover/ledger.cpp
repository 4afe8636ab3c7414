#include "handover/ledger.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace discovery::handover {
namespace {

/// Spreads numbers well enough that a change is not taken for none.
uint64_t mixed(uint64_t state, uint64_t value) {
  uint64_t x = (state ^ value) * 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93ULL;
  return x ^ (x >> 32);
}

/// Else the other one has to hear what is newer here.
bool is_what_came(const registry::StoredRecord& stored, const registry::HandedRecord& handed) {
  const registry::InstanceNumbers& n = stored.instance->numbers;
  if (n.version != handed.record.version) return false;
  if (handed.record.tombstone()) return true;  // since when it is held follows from the version
  return stored.lease_ns == handed.lease_ns && stored.home_ns == handed.home_ns &&
         stored.lease_known == handed.lease_known &&
         (n.state == registry::RecordState::kHidden) == handed.record.hidden;
}

}  // namespace

Ledger::Told Ledger::state_of(const registry::StoredRecord& stored) {
  const registry::InstanceNumbers& n = stored.instance->numbers;
  const registry::Incarnation& i = n.version.incarnation;
  uint64_t content = 1;
  for (const int64_t number :
       {i.t_ns, n.version.set.t_ns, n.reg_ns, n.up_ns, n.dirty_ns, n.latest_ns, stored.home_ns}) {
    content = mixed(content, static_cast<uint64_t>(number));
  }
  content = mixed(content, (uint64_t{i.node} << 32) | n.version.set.node);
  content = mixed(content, (uint64_t{i.import_hash} << 8) | (static_cast<uint64_t>(n.state) << 2) |
                               (i.tombstone ? 2U : 0U) | (stored.lease_known ? 1U : 0U));
  content = mixed(content, n.status);
  return {content == 0 ? 1 : content, stored.lease_ns, stored.ref.generation};
}

Ledger::Told& Ledger::told_of(const registry::StoredRecord& stored) {
  if (stored.ref.slot >= slots_.size()) slots_.resize(std::bit_ceil(size_t{stored.ref.slot} + 1));
  return slots_[stored.ref.slot];
}

bool Ledger::pass(std::vector<std::string>& messages) {
  size_t bytes = 0;
  std::string message;
  const auto tell = [&](const registry::StoredRecord& stored) {
    const Told now = state_of(stored);
    Told& told = told_of(stored);
    if (told == now) return;
    told = now;
    const size_t before = message.size();
    if (!append_handed(message, stored)) return;
    ++told_;
    bytes += message.size() - before;
    if (message.size() >= kBatchBytes) messages.push_back(std::exchange(message, {}));
  };
  const bool more = registry_.read_records(at_, budget_, tell);
  budget_ = bytes > kStepBytes ? std::max<size_t>(budget_ / 4, 1) : std::min(budget_ * 2, kRecordsPerStep);
  if (!message.empty()) messages.push_back(std::move(message));
  if (!more) at_ = {};
  return !more;
}

void Ledger::times(std::vector<std::string>& messages) const {
  std::string message;
  registry_.for_each_stored([&](const registry::Application& app) {
    append_time(message, app.key(), app.latest_timestamp_ns());
    if (message.size() >= kBatchBytes) messages.push_back(std::exchange(message, {}));
  });
  if (!message.empty()) messages.push_back(std::move(message));
}

Result<void> Ledger::take(std::string_view records, TimePoint now, FunctionRef<void(const registry::Wake&)> changed) {
  return read_handed(records, [&](const registry::HandedRecord& handed) {
    const registry::JoinOutcome done = registry_.take_over(handed, now);
    ++taken_;
    changed(done.wake);
    if (!done.ref) return;
    registry_.with_record(done.ref, [&](const registry::StoredRecord& stored) {
      if (is_what_came(stored, handed)) told_of(stored) = state_of(stored);
    });
  });
}

}  // namespace discovery::handover
