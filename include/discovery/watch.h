// An application that is being followed: its list is here, and a callback hears of each change.
//
// Lifecycle: made by Client::watch(); destroying it ends it. The client may be destroyed before or after.
// Thread: as Registration: one thread at a time; after the destructor or stop() the handler is not called again, both
// wait for a call under way on another thread, and both are allowed within the handler. list() may be called at any
// time. Calls: the first as soon as the registry said what there is (an unknown application is an empty list that is
// not `known`), then one per change of what is listed; timestamps alone are no change. Several changes may be told as
// one. A handler that throws is reported to Options::on_error and called again at the next change. When no node
// answers, the last list stays. Limits: kWatchesMax applications, kWatchHandlesMax objects per client.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "discovery/error.h"
#include "discovery/instance.h"

namespace discovery::client {

inline constexpr size_t kWatchesMax = 1'999;  ///< the registry takes 2,000 in one poll; infra.discovery is one
inline constexpr size_t kWatchHandlesMax = 10'000;

using WatchHandler = std::function<void(const InstanceList&)>;

class Watch {
 public:
  /// Of nothing.
  Watch();
  ~Watch();
  Watch(Watch&& other) noexcept;
  Watch& operator=(Watch&& other) noexcept;

  /// False: nothing is watched, see error().
  explicit operator bool() const;
  [[nodiscard]] Error error() const;
  /// The last list; null before the first.
  [[nodiscard]] std::shared_ptr<const InstanceList> list() const;
  void stop();

  struct State;

 private:
  friend class Client;
  explicit Watch(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace discovery::client
