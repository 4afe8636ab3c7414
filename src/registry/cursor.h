// The timestamp of an application as a cursor that names its content: T = tau * 2^20 + fp (replication.md 2.5, R8).
//
// fp is a fingerprint of the visible list, equal on all nodes with equal lists; tau is time in units of 2^20 ns, so T
// still reads as nanoseconds. A poll that comes with its cursor from another node misses nothing, is told nothing
// twice, and never spins:
//
//   fp(c) = fp(T)                      -> wait, whatever tau says
//   fp differs, tau(c) <  tau(T)       -> answer
//   fp differs, tau(c) >= tau(T)       -> hold: wait a while; the list is older than what the client has seen, or the
//                                         node that told it is gone
//
// On a lone node the original's rule stands: c < T answers, everything else waits. Pure functions of numbers.
#pragma once

#include <cstdint>
#include <limits>

#include "base/time.h"

namespace discovery::registry {

inline constexpr int kFingerprintBits = 20;
inline constexpr int64_t kFingerprintMask = (int64_t{1} << kFingerprintBits) - 1;
inline constexpr int64_t kTauMax = std::numeric_limits<int64_t>::max() >> kFingerprintBits;
inline constexpr Duration kPlausibleLead = std::chrono::hours(1);

constexpr int64_t fingerprint_of(int64_t t_ns) { return t_ns & kFingerprintMask; }
constexpr int64_t tau_of(int64_t t_ns) { return t_ns >> kFingerprintBits; }
constexpr int64_t join_cursor(int64_t tau, int64_t fingerprint) { return (tau << kFingerprintBits) | fingerprint; }

enum class CursorVerdict : uint8_t { kAnswer, kWait, kHold };

/// What a poll with this cursor does, given the application's T. `named`: T names its content (the node is not alone).
constexpr CursorVerdict judge(int64_t cursor_ns, int64_t t_ns, bool named) {
  if (cursor_ns <= 0) return CursorVerdict::kAnswer;
  if (!named) return cursor_ns < t_ns ? CursorVerdict::kAnswer : CursorVerdict::kWait;
  if (fingerprint_of(cursor_ns) == fingerprint_of(t_ns)) return CursorVerdict::kWait;
  return tau_of(cursor_ns) < tau_of(t_ns) ? CursorVerdict::kAnswer : CursorVerdict::kHold;
}

/// One of our nodes can have told it: at most kPlausibleLead ahead of the clock.
constexpr bool is_plausible(int64_t cursor_ns, TimePoint now) { return cursor_ns <= to_wire_ns(now + kPlausibleLead); }

/// At its deadline a poll that waited with an equal fingerprint is answered all the same if its cursor is older than
/// the last change of the list here: of a million changes one leaves the fingerprint as it was. `changed_ns` is T as
/// that change left it.
constexpr bool missed_a_twin(int64_t cursor_ns, int64_t t_ns, int64_t changed_ns, bool named) {
  return named && cursor_ns > 0 && fingerprint_of(cursor_ns) == fingerprint_of(t_ns) &&
         tau_of(cursor_ns) < tau_of(changed_ns);
}

}  // namespace discovery::registry
