// "Did you mean": the candidate with the fewest slips of the hand between it and what was written.
//
// Thread: none of its own. Limits: words longer than kWordBytesMax have no neighbours, so the cost per candidate is
// bounded. Distance: insert, delete, replace, swap two neighbours (optimal string alignment), without regard to case.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace discovery::node {

[[nodiscard]] size_t edit_distance(std::string_view a, std::string_view b);

class Nearest {
 public:
  static constexpr size_t kWordBytesMax = 64;

  explicit Nearest(std::string_view word) : word_(word) {}

  /// True: it is nearer than all before, and near enough: at most a third of the word, or two slips, are wrong.
  bool offer(std::string_view candidate);
  /// Valid as long as what was offered; "" when nothing was near enough.
  [[nodiscard]] std::string_view best() const { return best_; }

 private:
  std::string word_;
  std::string_view best_;
  size_t distance_ = static_cast<size_t>(-1);
};

}  // namespace discovery::node
