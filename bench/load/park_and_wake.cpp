// park_and_wake(): what a waiting poll costs, and how fast many are told.
#include <algorithm>
#include <stdexcept>
#include <vector>

#include "load/experiments.h"
#include "load/poller.h"
#include "load/tally.h"
#include "load/watchers.h"

namespace discovery::load {
namespace {

constexpr auto kLongest = std::chrono::seconds(20);
constexpr uint64_t kNewInstance = 1'000'000;  ///< no instance of the population

/// Reads answers until `expected` watchers have theirs whole, and says when they came.
class Round {
 public:
  Round(Watchers& watchers, Poller& poller, std::vector<char>& scratch)
      : watchers_(watchers), poller_(poller), scratch_(scratch) {}

  void collect(Clock::time_point since, uint64_t expected, Clock::time_point until) {
    while (told_.size() + bad_ < expected && Clock::now() < until) {
      poller_.wait(std::chrono::milliseconds(20), [&](uint64_t i) { take(i, since); });
    }
  }

  [[nodiscard]] uint64_t told() const { return told_.size(); }
  [[nodiscard]] nlohmann::json report() {
    nlohmann::json out{{"told", told_.size()}, {"bad", bad_}};
    if (told_.empty()) return out;
    std::sort(told_.begin(), told_.end());
    std::sort(whole_.begin(), whole_.end());
    out["first_ms"] = told_.front();
    out["half_ms"] = told_[told_.size() / 2];
    out["last_ms"] = told_.back();
    out["last_whole_ms"] = whole_.back();
    out["body_bytes"] = body_bytes_ / told_.size();
    return out;
  }

 private:
  void take(uint64_t i, Clock::time_point since) {
    Client& client = watchers_.client(i);
    const auto arrival = client.read(scratch_);
    if (arrival == Client::Arrival::kMore) return;
    if (arrival == Client::Arrival::kClosed) {
      watchers_.reconnect(i);
      ++bad_;
      return;
    }
    if (!client.success()) {
      ++bad_;
      return;
    }
    told_.push_back(milliseconds(client.first_byte_at() - since));
    whole_.push_back(milliseconds(Clock::now() - since));
    body_bytes_ += client.body_bytes();
  }

  Watchers& watchers_;
  Poller& poller_;
  std::vector<char>& scratch_;
  std::vector<double> told_;
  std::vector<double> whole_;
  uint64_t bad_ = 0;
  uint64_t body_bytes_ = 0;
};

}  // namespace

nlohmann::json park_and_wake(const Setting& s, const ParkSetting& park) {
  const uint64_t apps = s.population.apps;
  Caller caller(s.server);
  std::string request;
  const auto latest = latest_timestamps(caller, s.requests, apps);
  std::vector<char> scratch(512 * 1024);
  Poller poller;

  const uint64_t resident_before = s.process.resident_bytes();
  const double cpu_before = s.process.cpu_seconds();
  const auto begin = Clock::now();
  Watchers watchers(s.server, s.requests, park.polls, poller, 0);
  for (uint64_t i = 0; i < park.polls; ++i) watchers.ask(i, i % apps, latest[i % apps], 0);
  const double opened = seconds(Clock::now() - begin);
  Round early(watchers, poller, scratch);
  early.collect(begin, UINT64_MAX, Clock::now() + park.hold);
  const uint64_t resident_after = s.process.resident_bytes();
  const double cpu_after = s.process.cpu_seconds();

  const auto n = static_cast<double>(park.polls);
  nlohmann::json out{{"parked", park.polls}, {"open_s", opened}, {"answered_early", early.told()}};
  if (s.process.known()) {
    out["cpu_us_per_poll"] = (cpu_after - cpu_before) * 1e6 / n;
    out["resident_kb_per_poll"] =
        (static_cast<double>(resident_after) - static_cast<double>(resident_before)) / 1e3 / n;
    out["resident_mb"] = static_cast<double>(resident_after) / 1e6;
  }
  const auto wake = [&](uint64_t from, uint64_t to) {
    uint64_t expected = 0;
    for (uint64_t i = 0; i < park.polls; ++i) {
      if (watchers.app_of(i) >= from && watchers.app_of(i) < to) ++expected;
    }
    Round round(watchers, poller, scratch);
    const double cpu = s.process.cpu_seconds();
    const auto since = Clock::now();
    for (uint64_t app = from; app < to; ++app) {
      s.requests.register_instance(app, kNewInstance, request);
      caller.call(request);
    }
    round.collect(since, expected, since + kLongest);
    nlohmann::json told = round.report();
    told["watchers"] = expected;
    if (s.process.known() && round.told() > 0) {
      told["cpu_us_per_wake"] = (s.process.cpu_seconds() - cpu) * 1e6 / static_cast<double>(round.told());
    }
    return told;
  };
  out["wake_one_app"] = wake(0, 1);
  if (apps > 1) out["wake_other_apps"] = wake(1, apps);
  return out;
}

}  // namespace discovery::load
