#include "guard/shield.h"

namespace discovery::guard {

namespace {

/// Over all parts; one more hash per part, so that no two divisions into parts are the same.
uint64_t hash_of(const HashKey& key, const Useless& request) {
  uint64_t hash = static_cast<uint64_t>(request.rule);
  for (const std::string_view part : {request.ip, request.path, request.query, request.body}) {
    hash = siphash({key.k0 ^ hash, key.k1}, part);
  }
  return hash;
}

}  // namespace

// Two places for each hash; of these the one that came least recently gives way.
Shield::Slot& Shield::slot_of(uint64_t hash, TimePoint now) {
  if (!slots_) slots_ = std::make_unique<Slot[]>(kSlots);
  Slot& one = slots_[hash % kSlots];
  if (one.hash == hash) return one;
  Slot& other = slots_[(hash % kSlots) ^ 1];
  if (other.hash == hash) return other;
  Slot& taken = one.last <= other.last ? one : other;
  taken = {.hash = hash, .window_began = now, .last = {}, .in_window = 0, .slowed = false};
  return taken;
}

Shield::Judgement Shield::judge(const Useless& request, TimePoint now) {
  if (!settings_.enabled) return {};
  Slot& slot = slot_of(hash_of(key_, request), now);
  Judgement judgement;
  judgement.repeated = slot.last != TimePoint{} && now - slot.last < kWindow;
  if (slot.slowed && now - slot.last >= kForgiveAfter) slot.slowed = false;
  if (now - slot.window_began >= kWindow) {
    slot.window_began = now;
    slot.in_window = 0;
  }
  slot.last = now;
  ++slot.in_window;
  judgement.in_window = slot.in_window;
  if (!slot.slowed && slot.in_window >= settings_.repeats) {
    slot.slowed = true;
    judgement.begins = true;
  }
  if (slot.slowed) judgement.delay = settings_.delay;
  return judgement;
}

}  // namespace discovery::guard
