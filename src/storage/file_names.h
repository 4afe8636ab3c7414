// The files of the data folder: snap.<number>, journal.<number>, snap.tmp while one is written. Snapshots and journals
// take their numbers from one sequence, so that a number says what came first: snapshot n holds everything that
// journals below n hold.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace discovery::storage {

inline constexpr std::string_view kSnapshotPrefix = "snap.";
inline constexpr std::string_view kJournalPrefix = "journal.";
inline constexpr std::string_view kSnapshotTmp = "snap.tmp";

inline constexpr int64_t kNumberMax = 1'000'000'000'000'000;

inline std::string numbered(std::string_view prefix, uint64_t number) {
  return std::string(prefix) + std::to_string(number);
}

/// The number of a file with this prefix: decimal, 1 to kNumberMax, without leading zeros.
inline std::optional<uint64_t> number_of(std::string_view prefix, std::string_view name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  int64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool whole = error == std::errc() && end == name.data() + name.size();
  if (!whole || number < 1 || number > kNumberMax || name.front() == '0') return std::nullopt;
  return static_cast<uint64_t>(number);
}

/// Gives each number once.
class Sequence {
 public:
  void seen(uint64_t number) { last_ = number > last_ ? number : last_; }
  uint64_t next() { return ++last_; }

 private:
  uint64_t last_ = 0;
};

}  // namespace discovery::storage
