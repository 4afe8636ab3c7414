// How much happened over the last hour, in steps of some seconds: what the page plots.
//
// Lifecycle: add() every kStep, with totals since the start of the process; the differences are kept.
// Thread: any. Limits: kStepsMax steps. Memory: some 60 KiB with a few nodes.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/time.h"

namespace discovery::queries {

/// What was counted up to a moment.
struct Totals {
  TimePoint at;
  uint64_t registers = 0;
  uint64_t renews = 0;
  uint64_t cancels = 0;
  uint64_t expired = 0;
  uint64_t requests = 0;
  uint64_t wakeups = 0;
  double cpu_seconds = 0;
  /// Notifications by how long they took: as many as `notify_bounds`, and one more for those above the last.
  std::vector<uint64_t> notify_counts = {};
  std::span<const double> notify_bounds = {};  ///< in seconds, rising; of static storage
  // How it is at that moment.
  int64_t instances = 0;
  uint64_t parked_polls = 0;
  uint64_t memory_bytes = 0;
  std::map<std::string, double> lag_seconds = {};  ///< by node
};

class Rates {
 public:
  static constexpr Duration kStep = std::chrono::seconds(10);
  static constexpr size_t kStepsMax = 360;

  void add(const Totals& totals) EXCLUDES(mutex_);
  /// GET /api/rates: a JSON object of arrays, the oldest step first.
  [[nodiscard]] std::string json(std::string_view node) const EXCLUDES(mutex_);

 private:
  struct Step {
    TimePoint at;
    double registers = 0, renews = 0, cancels = 0, expired = 0, requests = 0, wakeups = 0, cpu = 0;  ///< a second
    std::optional<double> notify_p50, notify_p99;
    int64_t instances = 0;
    uint64_t parked_polls = 0;
    uint64_t memory_bytes = 0;
    std::map<std::string, double> lag_seconds;
  };

  [[nodiscard]] std::deque<Step> copy() const EXCLUDES(mutex_);

  mutable Mutex mutex_;
  std::deque<Step> steps_ GUARDED_BY(mutex_);
  std::optional<Totals> last_ GUARDED_BY(mutex_);
};

/// The bound under which a share of the observations lies; none when there are none, the last bound when it is above.
[[nodiscard]] std::optional<double> quantile(std::span<const uint64_t> counts, std::span<const double> bounds,
                                             double share);

}  // namespace discovery::queries
