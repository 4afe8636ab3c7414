// rolling_restart(): one large application changes instance by instance before many watchers.
#include <algorithm>
#include <stdexcept>
#include <vector>

#include "load/experiments.h"
#include "load/poller.h"
#include "load/tally.h"
#include "load/watchers.h"

namespace discovery::load {
namespace {

constexpr auto kLongest = std::chrono::seconds(120);
constexpr size_t kTailBytes = 512;  ///< holds the timestamp; the answers themselves are not kept
constexpr uint64_t kApp = 0;

}  // namespace

nlohmann::json rolling_restart(const Setting& s, const RollingSetting& rolling) {
  Caller caller(s.server);
  Poller poller;
  Watchers watchers(s.server, s.requests, rolling.watchers, poller, 0);
  std::vector<char> scratch(1024 * 1024);
  std::string request;
  int64_t newest = latest_timestamps(caller, s.requests, 1).front();
  std::vector<int64_t> has(rolling.watchers, newest);
  const size_t keep_bytes = s.requests.gzip ? Client::kKeepAll : kTailBytes;
  for (uint64_t i = 0; i < rolling.watchers; ++i) watchers.ask(i, kApp, newest, keep_bytes);

  CompressedAnswers compressed;
  uint64_t answers = 0;
  uint64_t bytes = 0;
  uint64_t peak_resident = 0;
  Clock::time_point last_told{};
  const auto take = [&](uint64_t i) {
    Client& client = watchers.client(i);
    const auto arrival = client.read(scratch);
    if (arrival == Client::Arrival::kMore) return;
    if (arrival == Client::Arrival::kClosed) throw std::runtime_error("a watcher's connection was closed");
    if (client.success()) {
      ++answers;
      bytes += client.body_bytes();
      has[i] = client.compressed() ? compressed.latest_timestamp_of(client.body()) : latest_timestamp_of(client.body());
      last_told = Clock::now();
    }
    watchers.ask(i, kApp, has[i], keep_bytes);
  };

  const double cpu = s.process.cpu_seconds();
  const auto begin = Clock::now();
  const uint64_t changes = 2 * std::min(rolling.restarted, s.population.per);  // each leaves, and comes back
  const auto step = std::chrono::duration<double>(1 / rolling.changes_per_second);
  for (uint64_t n = 0; n < changes;) {
    if (Clock::now() >= begin + std::chrono::duration_cast<Clock::duration>(step * static_cast<double>(n))) {
      if (n % 2 == 0) {
        s.requests.cancel(kApp, n / 2, request);
      } else {
        s.requests.register_instance(kApp, n / 2, request);
      }
      caller.call(request);
      ++n;
      if (n % 256 == 0) peak_resident = std::max(peak_resident, s.process.resident_bytes());
    }
    poller.wait(std::chrono::milliseconds(0), take);
  }
  const auto changed = Clock::now();
  newest = latest_timestamps(caller, s.requests, 1).front();
  const auto behind = [&] { return std::count_if(has.begin(), has.end(), [&](int64_t t) { return t < newest; }); };
  while (behind() > 0 && Clock::now() < changed + kLongest) {
    poller.wait(std::chrono::milliseconds(20), take);
    peak_resident = std::max(peak_resident, s.process.resident_bytes());
  }
  nlohmann::json out{
      {"watchers", rolling.watchers},
      {"changes", changes},
      {"changing_s", seconds(changed - begin)},
      {"answers", answers},
      {"answers_per_watcher", static_cast<double>(answers) / static_cast<double>(rolling.watchers)},
      {"bytes", bytes},
      {"body_bytes", answers > 0 ? bytes / answers : 0},
      {"never_told", behind()},
      {"last_change_to_last_watcher_ms", milliseconds(std::max(last_told - changed, Clock::duration{}))}};
  if (s.process.known()) {
    out["cpu_s"] = s.process.cpu_seconds() - cpu;
    out["peak_resident_mb"] = static_cast<double>(peak_resident) / 1e6;
  }
  return out;
}

}  // namespace discovery::load
