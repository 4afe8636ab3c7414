#include "guard/shield.h"

#include <array>
#include <cstring>

namespace discovery::guard {

namespace {

__extension__ using Wide = unsigned __int128;

/// One multiplication for eight bytes: a register is hashed on the hot path, and SipHash would cost it a tenth more.
/// Who finds two texts of one hash gets its own requests slowed, since the address of the client is hashed first.
uint64_t mix(uint64_t hash, uint64_t word) {
  const auto product = static_cast<Wide>(hash ^ word) * 0x9E3779B97F4A7C15U;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t add_text(uint64_t hash, std::string_view text) {
  hash = mix(hash, text.size());
  // Four at a time, which do not wait for each other: a multiplication takes longer than the next may begin.
  std::array<uint64_t, 4> words{};
  if (text.size() >= sizeof words) {
    std::array<uint64_t, 4> lanes{hash, ~hash, hash + 1, ~hash - 1};
    for (; text.size() >= sizeof words; text.remove_prefix(sizeof words)) {
      std::memcpy(words.data(), text.data(), sizeof words);
      for (size_t i = 0; i < lanes.size(); ++i) lanes[i] = mix(lanes[i], words[i]);
    }
    for (const uint64_t lane : lanes) hash = mix(hash, lane);
  }
  for (; text.size() >= sizeof(uint64_t); text.remove_prefix(sizeof(uint64_t))) {
    uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof word);
    hash = mix(hash, word);
  }
  uint64_t rest = 0;
  if (!text.empty()) std::memcpy(&rest, text.data(), text.size());
  return mix(hash, rest);
}

/// Lengths are part of it, so that no two divisions into parts are the same.
uint64_t hash_of(const HashKey& key, const Useless& request) {
  uint64_t hash = siphash({key.k0 ^ static_cast<uint64_t>(request.rule), key.k1}, request.ip);
  for (const std::string_view part : {request.path, request.query, request.body}) hash = add_text(hash, part);
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
  if (slot.slowed) {
    judgement.delay = settings_.delay;
    slowing_until_ = now + kForgiveAfter;
  }
  return judgement;
}

}  // namespace discovery::guard
