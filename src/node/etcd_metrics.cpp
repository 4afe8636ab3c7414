#include "node/etcd_metrics.h"

#include <array>

namespace discovery::node {

namespace metric = observe::metric;

namespace {

double number(uint64_t n) { return static_cast<double>(n); }

constexpr std::array kFrontEndFamilies = {&metric::kWatches,       &metric::kWatchEvents, &metric::kGrpcConnections,
                                          &metric::kGrpcOpenCalls, &metric::kGrpcCalls,   &metric::kGrpcRefused,
                                          &metric::kGrpcMessages,  &metric::kGrpcUnsent};

}  // namespace

std::string_view method_label(std::string_view path) {
  constexpr std::string_view kPackage = "/etcdserverpb.";
  if (path.empty()) return observe::Exposition::kOther;
  if (path.starts_with(kPackage)) path.remove_prefix(kPackage.size());
  return path;
}

void collect_keys(const keyspace::Keyspace::Numbers& numbers, observe::FamilySink& sink) {
  sink.add(metric::kMemoryBytes, {"keys"}, number(numbers.bytes));
  sink.add(metric::kKeys, {}, number(numbers.keys));
  sink.add(metric::kLeases, {}, number(numbers.leases));
  sink.add(metric::kKeyEvents, {}, number(numbers.events));
  sink.add(metric::kLeasesAdopted, {}, number(numbers.adopted));
  sink.add(metric::kLeasesExpired, {}, number(numbers.expired));
}

void collect_front_end(const FrontEndNumbers& numbers, observe::FamilySink& sink) {
  for (const observe::MetricInfo* family : kFrontEndFamilies) sink.declare(*family);
  if (numbers.methods.empty()) return;
  const grpc::ServerStats& stats = numbers.grpc;
  sink.add(metric::kWatches, {}, number(numbers.watches));
  sink.add(metric::kWatchEvents, {}, number(numbers.events_told));
  sink.add(metric::kGrpcConnections, {}, number(stats.connections));
  sink.add(metric::kGrpcOpenCalls, {}, number(stats.open_calls));
  sink.add(metric::kGrpcMessages, {"received"}, number(stats.messages_in));
  sink.add(metric::kGrpcMessages, {"sent"}, number(stats.messages_out));
  sink.add(metric::kGrpcUnsent, {}, number(stats.unsent_bytes));
  for (size_t rule = 0; rule < grpc::kRules; ++rule) {
    sink.add(metric::kGrpcRefused, {grpc::rule_name(static_cast<grpc::Rule>(rule))}, number(stats.refused[rule]));
  }
  for (size_t method = 0; method < stats.calls.size(); ++method) {
    const bool known = method < numbers.methods.size();
    const std::string_view label = method_label(known ? numbers.methods[method].path : std::string_view());
    for (size_t code = 0; code < grpc::kCodes; ++code) {
      const uint64_t count = stats.calls[method][code];
      if (count == 0 && (!known || static_cast<grpc::Code>(code) != grpc::Code::kOk)) continue;
      sink.add(metric::kGrpcCalls, {label, grpc::code_name(static_cast<grpc::Code>(code))}, number(count));
    }
  }
}

}  // namespace discovery::node
