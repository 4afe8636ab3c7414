// fill() and closed_loop(): as fast as the server answers.
#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

#include "load/experiments.h"
#include "load/poller.h"
#include "load/tally.h"

namespace discovery::load {
namespace {

constexpr size_t kScratchBytes = 512 * 1024;

/// Writes request number n. False: there is none any more.
using Source = std::function<bool(uint64_t n, std::string& out)>;

nlohmann::json drive(const Setting& s, const Source& source, Clock::time_point end) {
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<char> scratch(kScratchBytes);
  Poller poller;
  Tally tally;
  std::string request;
  uint64_t n = 0;
  uint64_t busy = 0;
  const auto send_next = [&](Client& client) {
    if (Clock::now() >= end || !source(n++, request)) {
      --busy;
      return;
    }
    client.send(request);
  };
  const auto connect = [&](uint64_t i) {
    clients[i] = std::make_unique<Client>(s.server);
    poller.add(*clients[i], i);
  };
  clients.resize(s.connections);
  for (uint64_t i = 0; i < s.connections; ++i) connect(i);

  const double cpu_before = s.process.cpu_seconds();
  const auto begin = Clock::now();
  busy = s.connections;
  for (auto& client : clients) send_next(*client);
  while (busy > 0) {
    const auto handle = [&](uint64_t i) {
      Client& client = *clients[i];
      switch (client.read(scratch)) {
        case Client::Arrival::kMore:
          return;
        case Client::Arrival::kAnswer:
          tally.answer(client, Clock::now() - client.sent_at());
          return send_next(client);
        case Client::Arrival::kClosed:  // some servers close after a number of requests
          if (client.awaits()) tally.error("the connection was closed under a request");
          connect(i);
          return send_next(*clients[i]);
      }
    };
    if (poller.wait(std::chrono::seconds(10), handle) == 0) throw std::runtime_error("no answer for ten seconds");
  }
  const double took = seconds(Clock::now() - begin);
  const double cpu = s.process.cpu_seconds() - cpu_before;

  nlohmann::json out;
  tally.write(out);
  out["seconds"] = took;
  out["per_second"] = static_cast<double>(tally.ok) / took;
  if (s.process.known() && tally.ok > 0) {
    out["cpu_us"] = cpu * 1e6 / static_cast<double>(tally.ok);
    out["resident_mb"] = static_cast<double>(s.process.resident_bytes()) / 1e6;
  }
  return out;
}

}  // namespace

nlohmann::json fill(const Setting& s) {
  const auto source = [&](uint64_t n, std::string& out) {
    if (n >= s.population.instances()) return false;
    s.requests.register_instance(n / s.population.per, n % s.population.per, out);
    return true;
  };
  return drive(s, source, Clock::time_point::max());
}

nlohmann::json closed_loop(const Setting& s, const std::string& operation) {
  const auto instance_at = [&](uint64_t n) { return spread(n, s.population.instances()); };
  const uint64_t per = s.population.per;
  const Requests& r = s.requests;
  Source source;
  if (operation == "renew") {
    source = [&](uint64_t n, std::string& out) {
      r.renew(instance_at(n) / per, instance_at(n) % per, out);
      return true;
    };
  } else if (operation == "register") {
    source = [&](uint64_t n, std::string& out) {
      r.register_instance(instance_at(n) / per, instance_at(n) % per, out);
      return true;
    };
  } else if (operation == "fetch") {
    source = [&](uint64_t n, std::string& out) {
      r.fetch(n % s.population.apps, out);
      return true;
    };
  } else if (operation == "polls") {
    source = [&](uint64_t n, std::string& out) {
      r.polls(n % s.population.apps, n, 0, out);
      return true;
    };
  } else if (operation == "mix") {
    source = [&](uint64_t n, std::string& out) {
      if (n % 10 == 9) {
        r.register_instance(instance_at(n) / per, instance_at(n) % per, out);
      } else {
        r.fetch(n % s.population.apps, out);
      }
      return true;
    };
  } else if (operation == "get") {
    source = [&](uint64_t, std::string& out) {
      r.get(out);
      return true;
    };
  } else if (operation == "post") {
    source = [&](uint64_t n, std::string& out) {
      r.post(instance_at(n) / per, instance_at(n) % per, out);
      return true;
    };
  } else {
    throw std::invalid_argument("unknown operation: " + operation);
  }
  return drive(s, source, Clock::now() + s.time);
}

nlohmann::json longest_stop(std::chrono::milliseconds time) {
  const auto end = Clock::now() + time;
  Clock::duration longest{};
  for (auto before = Clock::now(); before < end;) {
    const auto now = Clock::now();
    longest = std::max(longest, now - before);
    before = now;
  }
  return {{"longest_ms", milliseconds(longest)}};
}

}  // namespace discovery::load
