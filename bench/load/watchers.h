// Many long polls, each on a connection of its own, over some applications. Whoever is answered may ask again with the
// timestamp it was told. Thread: one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "load/client.h"
#include "load/poller.h"
#include "load/requests.h"

namespace discovery::load {

class Watchers {
 public:
  /// One per poll, connected when it asks first; watcher i is named `base + i` in the poller.
  Watchers(const Endpoint& server, const Requests& requests, uint64_t polls, Poller& poller, uint64_t base);

  [[nodiscard]] uint64_t size() const { return clients_.size(); }
  [[nodiscard]] Client& client(uint64_t i) { return *clients_[i]; }
  /// Parks watcher i. Precondition: it awaits nothing.
  void ask(uint64_t i, uint64_t app, int64_t latest_timestamp_ns, size_t keep_bytes);
  /// The application that watcher i asked for last.
  [[nodiscard]] uint64_t app_of(uint64_t i) const { return apps_[i]; }
  /// Its connection was closed: a new one, which awaits nothing.
  void reconnect(uint64_t i);

 private:
  const Endpoint server_;
  const Requests requests_;
  Poller& poller_;
  const uint64_t base_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<uint64_t> apps_;
  std::string request_;
};

/// Asks on a connection of its own, and waits for the answer. Throws when it is not the success form.
class Caller {
 public:
  explicit Caller(const Endpoint& server) : client_(server) {}
  void call(std::string_view request);
  /// Of the last answer.
  [[nodiscard]] std::string_view body() const { return client_.body(); }

 private:
  Client client_;
};

/// The latest_timestamp of each application, asked for one by one.
std::vector<int64_t> latest_timestamps(Caller& caller, const Requests& requests, uint64_t apps);

}  // namespace discovery::load
