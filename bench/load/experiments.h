// What the load generator can do to a server. Each experiment answers with one JSON object: counts, times in the unit
// its name ends in, and the server's own use where a process was named. An answer that is not the success form counts
// as an error, and the first one is quoted. Thread: one; nothing returns before the experiment is over.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "load/client.h"
#include "load/process.h"
#include "load/requests.h"

namespace discovery::load {

struct Setting {
  Endpoint server;
  Population population;
  Requests requests;
  ServerProcess process{0};
  uint64_t connections = 64;
  std::chrono::milliseconds time{5000};
};

/// Registers the whole population, once.
nlohmann::json fill(const Setting& setting);

/// Each connection sends the next request when it has its answer. Operations: renew, register (what fill() registered,
/// unchanged), fetch, polls (of somebody who knows nothing: answered at once), mix (fetch, and every tenth a register),
/// get, post.
nlohmann::json closed_loop(const Setting& setting, const std::string& operation);

struct ParkSetting {
  uint64_t polls = 10'000;
  std::chrono::milliseconds hold{3000};  ///< from the last poll to the first change
};
/// Long polls spread over the applications of the population; then a change of application 0, then one of each other.
nlohmann::json park_and_wake(const Setting& setting, const ParkSetting& park);

struct PaceSetting {
  double renewals_per_second = 1000;
  double changes_per_second = 0;  ///< a register of an instance that is new to its application
  uint64_t polls = 0;             ///< parked all the time: whoever is answered asks again
  bool yields = false;            ///< sleep until the next thing is due, rather than look all the time
};
/// Work at a given rate. A renewal's latency counts from when it was due, also when it had to wait for a connection;
/// that of a poll from when the first change it had not been told was sent, to the first byte of its answer.
nlohmann::json paced(const Setting& setting, const PaceSetting& pace);

struct RollingSetting {
  uint64_t watchers = 1000;
  uint64_t restarted = 5000;  ///< instances of application 0: each is cancelled, and registered again
  double changes_per_second = 500;
};
/// A rolling restart of application 0 before watchers that read all they are told.
nlohmann::json rolling_restart(const Setting& setting, const RollingSetting& rolling);

/// What the machine adds to every latency: a loop that only reads the clock, and the longest time it did not run.
nlohmann::json longest_stop(std::chrono::milliseconds time);

}  // namespace discovery::load
