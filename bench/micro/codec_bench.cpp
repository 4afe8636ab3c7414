// Bytes to values and back.
#include <benchmark/benchmark.h>

#include <string>

#include "codec/gzip.h"
#include "codec/http_head.h"
#include "codec/json_writer.h"
#include "codec/metadata.h"
#include "codec/params.h"
#include "load/requests.h"

namespace discovery::bench {
namespace {

std::string renew_request() {
  std::string request;
  load::Requests{.host = "127.0.0.1:7171"}.renew(42, 7, request);
  return request;
}

void parse_head(benchmark::State& state) {
  const std::string request = renew_request();
  codec::HttpHead head;
  codec::HttpProblem problem;
  for (auto _ : state) benchmark::DoNotOptimize(codec::parse_head(request, {}, head, problem));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(head.bytes));
}
BENCHMARK(parse_head);

void parse_form(benchmark::State& state) {
  const std::string request = renew_request();
  const std::string body = request.substr(request.find("\r\n\r\n") + 4);
  codec::Params params;
  for (auto _ : state) {
    params.clear();
    benchmark::DoNotOptimize(params.add_urlencoded(body, 100));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(body.size()));
}
BENCHMARK(parse_form);

void parse_metadata(benchmark::State& state) {
  const std::string json = R"({"weight":"10","cluster":"blue","color":"red","zone":"z1"})";
  for (auto _ : state) benchmark::DoNotOptimize(codec::parse_metadata(json, {}));
}
BENCHMARK(parse_metadata);

void write_timestamp(benchmark::State& state) {
  std::string out;
  for (auto _ : state) {
    out.clear();
    codec::append_json_int(out, 1'700'000'000'123'456'789);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(write_timestamp);

void deflate_list(benchmark::State& state) {
  std::string text;
  for (int i = 0; i < 100; ++i) {
    text += R"({"region":"r1","zone":"z1","env":"bench","appid":"bench.team0.app0","hostname":"host-)" +
            std::to_string(i) +
            R"(","addrs":["http://10.0.0.1:8000"],"version":"v1","metadata":{"weight":"10"},"status":1},)";
  }
  for (auto _ : state) benchmark::DoNotOptimize(codec::deflate_text(text));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}
BENCHMARK(deflate_list);

}  // namespace
}  // namespace discovery::bench
