// Whole requests, bytes in to bytes out, without the kernel; and the waking of polls.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "load/requests.h"
#include "micro/lone_node.h"

namespace discovery::bench {
namespace {

const load::Requests kRequests{.host = "127.0.0.1:7171"};

void whole_renew(benchmark::State& state) {
  LoneNode node(100, 100);
  Connection connection(node);
  std::string request;
  kRequests.renew(42, 7, request);
  for (auto _ : state) connection.ask(request);
}
BENCHMARK(whole_renew);

void whole_register(benchmark::State& state) {
  LoneNode node(100, 100);
  Connection connection(node);
  std::string request;
  kRequests.register_instance(42, 7, request);
  for (auto _ : state) {
    node.advance(std::chrono::microseconds(1));
    connection.ask(request);
  }
}
BENCHMARK(whole_register);

void whole_fetch(benchmark::State& state) {
  LoneNode node(100, 100);
  Connection connection(node);
  std::string request;
  kRequests.fetch(42, request);
  for (auto _ : state) connection.ask(request);
}
BENCHMARK(whole_fetch);

/// Parking that many polls of one application, and waking them by one register; the time is of one poll.
void park_and_wake(benchmark::State& state) {
  const auto polls = static_cast<uint64_t>(state.range(0));
  LoneNode node(1, 100);
  std::vector<std::unique_ptr<Connection>> watchers;
  for (uint64_t i = 0; i < polls; ++i) watchers.push_back(std::make_unique<Connection>(node));
  Connection writer(node);
  std::string poll;
  std::string change;
  kRequests.register_instance(0, 100, change);
  for (auto _ : state) {
    const int64_t cursor = node.registry().look({"bench", "bench.team0.app0"}, "z1").latest_timestamp_ns;
    node.advance(std::chrono::seconds(1));
    kRequests.polls(0, 1, cursor, poll);
    for (auto& watcher : watchers) watcher->ask(poll);
    writer.ask(change);
    while (node.turn()) {
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(polls));
}
BENCHMARK(park_and_wake)->Arg(1'000);

}  // namespace
}  // namespace discovery::bench

BENCHMARK_MAIN();
