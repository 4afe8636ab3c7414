#include "load/watchers.h"

#include <poll.h>

#include <array>
#include <stdexcept>

namespace discovery::load {

Watchers::Watchers(const Endpoint& server, const Requests& requests, uint64_t polls, Poller& poller, uint64_t base)
    : server_(server), requests_(requests), poller_(poller), base_(base), clients_(polls), apps_(polls) {}

void Watchers::reconnect(uint64_t i) {
  clients_[i] = std::make_unique<Client>(server_);
  poller_.add(*clients_[i], base_ + i);
}

void Watchers::ask(uint64_t i, uint64_t app, int64_t latest_timestamp_ns, size_t keep_bytes) {
  if (!clients_[i]) reconnect(i);
  apps_[i] = app;
  requests_.polls(app, i, latest_timestamp_ns, request_);
  clients_[i]->send(request_, keep_bytes);
}

void Caller::call(std::string_view request) {
  client_.send(request, Client::kKeepAll);
  std::array<char, 65536> scratch;
  while (true) {
    pollfd ready{client_.descriptor(), POLLIN, 0};
    if (::poll(&ready, 1, 10'000) <= 0) throw std::runtime_error("no answer for ten seconds");
    switch (client_.read(scratch)) {
      case Client::Arrival::kMore:
        continue;
      case Client::Arrival::kClosed:
        throw std::runtime_error("the connection was closed");
      case Client::Arrival::kAnswer:
        if (!client_.success()) throw std::runtime_error("refused: " + client_.excerpt());
        return;
    }
  }
}

std::vector<int64_t> latest_timestamps(Caller& caller, const Requests& requests, uint64_t apps) {
  std::vector<int64_t> latest(apps);
  std::string request;
  Requests plain = requests;
  plain.gzip = false;
  for (uint64_t app = 0; app < apps; ++app) {
    plain.fetch(app, request);
    caller.call(request);
    latest[app] = latest_timestamp_of(caller.body());
    if (latest[app] == 0) throw std::runtime_error("an answer without latest_timestamp");
  }
  return latest;
}

}  // namespace discovery::load
