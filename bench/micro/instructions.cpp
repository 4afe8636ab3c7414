// discovery_instructions OPERATION: does it ten thousand times in a function of its own, which callgrind counts
// (scripts/check-instructions).
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "load/population.h"
#include "load/requests.h"
#include "micro/lone_node.h"

namespace {

using namespace discovery;  // NOLINT(google-build-using-namespace): a main() of its own

constexpr uint64_t kApps = 100;
constexpr uint64_t kPer = 100;

const load::Requests& requests() {
  static const load::Requests r{.host = "127.0.0.1:7171"};
  return r;
}

std::vector<std::string> ten_thousand(void (*write)(uint64_t app, uint64_t instance, std::string& out)) {
  std::vector<std::string> all(kApps * kPer);
  for (uint64_t n = 0; n < all.size(); ++n) {
    const uint64_t i = load::spread(n, all.size());
    write(i / kPer, i % kPer, all[n]);
  }
  return all;
}

}  // namespace

/// Counted: from here to its end.
extern "C" __attribute__((noinline)) void discovery_counted(bench::Connection& connection,
                                                            const std::vector<std::string>& work) {
  for (const std::string& request : work) connection.ask(request);
}

/// The same for polls, each on a connection of its own: parked, then woken by a change of their application.
extern "C" __attribute__((noinline)) void discovery_counted_polls(
    bench::LoneNode& node, std::vector<std::unique_ptr<bench::Connection>>& watchers,
    const std::vector<std::string>& polls, bench::Connection& writer, const std::string& change) {
  for (size_t i = 0; i < polls.size(); ++i) watchers[i]->ask(polls[i]);
  writer.ask(change);
  while (node.turn()) {
  }
}

int main(int argc, char** argv) {
  const std::string operation = argc == 2 ? argv[1] : "";
  bench::LoneNode node(kApps, kPer);
  bench::Connection connection(node);
  const auto run = [&](auto write) {
    const auto work = ten_thousand(write);
    for (uint64_t i = 0; i < kApps; ++i) connection.ask(work[i]);  // buffers and views are warm, as in a daemon
    node.advance(std::chrono::seconds(1));                         // what comes at once is looked at as a loop
    discovery_counted(connection, work);
  };
  if (operation == "renew") {
    run([](uint64_t app, uint64_t instance, std::string& out) { requests().renew(app, instance, out); });
  } else if (operation == "register") {
    run([](uint64_t app, uint64_t instance, std::string& out) { requests().register_instance(app, instance, out); });
  } else if (operation == "fetch") {
    run([](uint64_t app, uint64_t, std::string& out) { requests().fetch(app, out); });
  } else if (operation == "poll") {
    std::vector<std::unique_ptr<bench::Connection>> watchers;
    std::vector<std::string> polls(kApps * kPer);
    const int64_t cursor = node.registry().look({"bench", "bench.team0.app0"}, "z1").latest_timestamp_ns;
    for (uint64_t i = 0; i < polls.size(); ++i) {
      requests().polls(0, i, cursor, polls[i]);
      watchers.push_back(std::make_unique<bench::Connection>(node));
    }
    std::string change;
    requests().register_instance(0, kPer, change);
    node.advance(std::chrono::seconds(1));
    discovery_counted_polls(node, watchers, polls, connection, change);
    for (const auto& watcher : watchers) {
      if (watcher->bytes_out() < 10'000) return 1;  // each has the list of a hundred
    }
  } else {
    std::fprintf(stderr, "usage: discovery_instructions renew|register|fetch|poll\n");
    return 2;
  }
  return 0;
}
