#include "node/config_nearest.h"

#include <algorithm>
#include <vector>

#include "codec/text.h"

namespace discovery::node {

size_t edit_distance(std::string_view a, std::string_view b) {
  // Three rows of the table: the swap looks two rows back.
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  const auto same = [&](size_t i, size_t j) { return codec::ascii_lower(a[i - 1]) == codec::ascii_lower(b[j - 1]); };
  for (size_t i = 1; i <= a.size(); ++i) {
    before.swap(last);
    last.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same(i, j) ? 0U : 1U)});
      if (i > 1 && j > 1 && same(i, j - 1) && same(i - 1, j)) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

bool Nearest::offer(std::string_view candidate) {
  if (candidate.empty() || word_.empty() || word_.size() > kWordBytesMax) return false;
  const size_t distance = edit_distance(word_, candidate);
  const size_t allowed = std::max<size_t>(std::min<size_t>(2, word_.size() - 1), word_.size() / 3);
  if (distance > allowed || distance >= distance_) return false;
  distance_ = distance;
  best_ = candidate;
  return true;
}

}  // namespace discovery::node
