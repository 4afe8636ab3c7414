// What came back, counted. Thread: one.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "load/client.h"
#include "load/latencies.h"

namespace discovery::load {

struct Tally {
  uint64_t ok = 0;
  uint64_t errors = 0;
  uint64_t body_bytes = 0;
  std::string first_error{};
  Latencies latencies{};

  void answer(const Client& client, Clock::duration latency) {
    body_bytes += client.body_bytes();
    latencies.add(latency);
    if (client.success()) {
      ++ok;
    } else {
      error(client.excerpt());
    }
  }
  void error(const std::string& what) {
    if (errors++ == 0) first_error = what;
  }
  void write(nlohmann::json& out) const {
    out["ok"] = ok;
    out["errors"] = errors;
    if (errors > 0) out["first_error"] = first_error;
    out["body_bytes"] = ok + errors > 0 ? body_bytes / (ok + errors) : 0;
    out["p50_us"] = latencies.quantile_us(0.5);
    out["p99_us"] = latencies.quantile_us(0.99);
    out["p999_us"] = latencies.quantile_us(0.999);
    out["max_us"] = latencies.max_us();
  }
};

inline double seconds(Clock::duration t) { return std::chrono::duration<double>(t).count(); }
inline double milliseconds(Clock::duration t) { return seconds(t) * 1e3; }

}  // namespace discovery::load
