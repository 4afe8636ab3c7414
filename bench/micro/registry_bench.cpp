// Registry operations: what a request costs behind the parser.
#include <benchmark/benchmark.h>

#include <string>

#include "load/population.h"
#include "micro/lone_node.h"
#include "protocol/discovery/app_json.h"
#include "registry/registry.h"

namespace discovery::bench {
namespace {

constexpr uint64_t kPer = 100;

/// Keeps the text that the views of a key point to.
struct Key {
  Key(uint64_t app, uint64_t instance)
      : appid("bench.team" + std::to_string(app % 7) + ".app" + std::to_string(app)),
        host("host-" + std::to_string(app) + "-" + std::to_string(instance)) {}
  [[nodiscard]] registry::InstanceKeyView view() const { return {{"bench", appid}, "z1", host}; }
  std::string appid;
  std::string host;
};

std::vector<Key> keys_of(uint64_t instances) {
  std::vector<Key> keys;
  keys.reserve(4096);
  for (uint64_t n = 0; n < 4096; ++n) {
    const uint64_t i = load::spread(n, instances);
    keys.emplace_back(i / kPer, i % kPer);
  }
  return keys;
}

void renew(benchmark::State& state) {
  const auto instances = static_cast<uint64_t>(state.range(0));
  LoneNode node(instances / kPer, kPer);
  const auto keys = keys_of(instances);
  size_t n = 0;
  for (auto _ : state) {
    const registry::RenewArgs args{.key = keys[n++ % keys.size()].view()};
    benchmark::DoNotOptimize(node.registry().renew(args, node.now(), [](const registry::InstanceView&) {}));
  }
}
BENCHMARK(renew)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

void register_known(benchmark::State& state) {
  const auto instances = static_cast<uint64_t>(state.range(0));
  LoneNode node(instances / kPer, kPer);
  const auto keys = keys_of(instances);
  size_t n = 0;
  for (auto _ : state) {
    node.advance(std::chrono::microseconds(1));
    registry::RegisterArgs args;
    args.key = keys[n++ % keys.size()].view();
    args.region = "r1";
    args.version = "v1";
    args.addrs_json = R"(["http://10.0.0.1:8000","grpc://10.0.0.1:9000"])";
    args.metadata_json = R"({"weight":"10"})";
    benchmark::DoNotOptimize(node.registry().register_instance(args, node.now()));
  }
}
BENCHMARK(register_known)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

void look(benchmark::State& state) {
  LoneNode node(100, kPer);
  for (auto _ : state) benchmark::DoNotOptimize(node.registry().look({"bench", "bench.team0.app0"}, "z1"));
}
BENCHMARK(look);

std::unique_ptr<registry::Listing> copy_of(LoneNode& node) {
  std::unique_ptr<registry::Listing> copy;
  node.registry().with_application({"bench", "bench.team0.app0"},
                                   [&](const registry::Application& app) { copy = app.copy_listed(); });
  return copy;
}

/// What a reader takes out of the lock.
void copy_list(benchmark::State& state) {
  LoneNode node(1, static_cast<uint64_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(copy_of(node));
}
BENCHMARK(copy_list)->Arg(100)->Arg(5'000);

void render_list(benchmark::State& state) {
  LoneNode node(1, static_cast<uint64_t>(state.range(0)));
  const auto list = copy_of(node);
  std::string out;
  for (auto _ : state) {
    out.clear();
    protocol::append_app(out, *list, {1, "z1"});
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(out.size()));
}
BENCHMARK(render_list)->Arg(100)->Arg(5'000);

void digest_add(benchmark::State& state) {
  registry::Digest digest;
  uint64_t key = 1;
  for (auto _ : state) {
    key *= 0x9e3779b97f4a7c15ULL;
    digest.add(key, key >> 7);
  }
  benchmark::DoNotOptimize(digest.roots());
}
BENCHMARK(digest_add);

void digest_compare(benchmark::State& state) {
  registry::Digest a;
  registry::Digest b;
  for (auto _ : state) benchmark::DoNotOptimize(a.roots() == b.roots());
}
BENCHMARK(digest_compare);

}  // namespace
}  // namespace discovery::bench
