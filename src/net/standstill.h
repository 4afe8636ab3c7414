// Holds reactors still: from construction to release() none of them runs anything.
//
// Lifecycle: of one standstill; the destructor releases. Thread: one that is no reactor's. Time: construction waits for
// the handlers that run, kArriveWithin at most; a reactor that does not come by then is not held, and all() is false.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "base/time.h"
#include "net/reactor.h"

namespace discovery::net {

class Standstill {
 public:
  static constexpr Duration kArriveWithin = std::chrono::seconds(2);

  explicit Standstill(const std::vector<Reactor*>& reactors);
  ~Standstill() { release(); }
  Standstill(const Standstill&) = delete;
  Standstill& operator=(const Standstill&) = delete;

  /// Every one of them stands.
  [[nodiscard]] bool all() const { return all_; }
  void release();

 private:
  struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    size_t arrived = 0;
    bool open = false;
  };
  const std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();  ///< a reactor that comes late finds it open
  bool all_ = false;
};

}  // namespace discovery::net
