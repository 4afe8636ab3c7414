#include "registry/app_table.h"

#include <bit>
#include <utility>

#include "base/check.h"

namespace discovery::registry {

void AppTable::insert(Application& app) {
  if ((count_ + 1) * 4 > entries_.size() * 3) grow();
  put({app_key_hash(secret_, app.key()), &app});
  ++count_;
}

// Entries behind the gap that may not stand behind a free one move up: no tombstones.
void AppTable::erase(const Application& app) {
  DISCOVERY_CHECK(count_ > 0, "an application that is erased is there");
  size_t gap = home_of(app_key_hash(secret_, app.key()));
  while (entries_[gap].app != &app) gap = next(gap);
  const size_t mask = entries_.size() - 1;
  for (size_t at = next(gap); entries_[at].app; at = next(at)) {
    const size_t home = home_of(entries_[at].hash);
    if (((at - home) & mask) >= ((at - gap) & mask)) {
      entries_[gap] = entries_[at];
      gap = at;
    }
  }
  entries_[gap] = {};
  --count_;
}

void AppTable::put(const Entry& entry) {
  size_t at = home_of(entry.hash);
  while (entries_[at].app) at = next(at);
  entries_[at] = entry;
}

void AppTable::grow() {
  const std::vector<Entry> old = std::exchange(entries_, {});
  entries_.resize(old.empty() ? 8 : old.size() * 2);
  shift_ = 64 - std::countr_zero(entries_.size());
  for (const Entry& entry : old) {
    if (entry.app) put(entry);
  }
}

}  // namespace discovery::registry
