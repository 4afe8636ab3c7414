#include "node/etcd_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <sstream>

namespace discovery::node {
namespace {

using grpc::Code;
using observe::Exposition;
using testing::HasSubstr;
using testing::Not;

constexpr std::array kMethods = {grpc::Method{"/etcdserverpb.KV/Range"}, grpc::Method{"/etcdserverpb.Watch/Watch"}};

/// "name{labels} value" stands there as a whole line.
MATCHER_P(HasLine, line, "") { return ("\n" + arg).find("\n" + std::string(line) + "\n") != std::string::npos; }

TEST(EtcdMetrics, ShowTheKeySpace) {
  keyspace::Keyspace::Numbers numbers;
  numbers.keys = 1;
  numbers.leases = 2;
  numbers.bytes = 3;
  numbers.events = 4;
  numbers.adopted = 5;
  numbers.expired = 6;
  Exposition out;
  collect_keys(numbers, out);
  const std::string text = out.text();
  for (const std::string_view line :
       {"discovery_keys 1", "discovery_leases 2", R"(discovery_memory_bytes{kind="keys"} 3)",
        "discovery_key_events_total 4", "discovery_leases_adopted_total 5", "discovery_leases_expired_total 6"}) {
    EXPECT_THAT(text, HasLine(line));
  }
}

TEST(EtcdMetrics, ShowCallsByMethodAndCode) {
  FrontEndNumbers numbers;
  numbers.methods = kMethods;
  numbers.watches = 7;
  numbers.events_told = 8;
  numbers.grpc.connections = 9;
  numbers.grpc.open_calls = 10;
  numbers.grpc.messages_in = 11;
  numbers.grpc.messages_out = 12;
  numbers.grpc.unsent_bytes = 13;
  numbers.grpc.refused[static_cast<size_t>(grpc::Rule::kResets)] = 14;
  numbers.grpc.calls.resize(kMethods.size() + 1);
  numbers.grpc.calls[0][static_cast<size_t>(Code::kOk)] = 15;
  numbers.grpc.calls[1][static_cast<size_t>(Code::kCancelled)] = 16;
  numbers.grpc.calls[2][static_cast<size_t>(Code::kUnimplemented)] = 17;
  Exposition out;
  collect_front_end(numbers, out);
  const std::string text = out.text();
  for (const std::string_view line :
       {"discovery_watches 7", "discovery_watch_events_total 8", "discovery_grpc_connections 9",
        "discovery_grpc_open_calls 10", R"(discovery_grpc_messages_total{direction="received"} 11)",
        R"(discovery_grpc_messages_total{direction="sent"} 12)", "discovery_grpc_unsent_bytes 13",
        R"(discovery_grpc_refused_total{rule="resets"} 14)", R"(discovery_grpc_refused_total{rule="ping"} 0)",
        R"(discovery_grpc_calls_total{method="KV/Range",code="OK"} 15)",
        R"(discovery_grpc_calls_total{method="Watch/Watch",code="OK"} 0)",
        R"(discovery_grpc_calls_total{method="Watch/Watch",code="CANCELLED"} 16)",
        R"(discovery_grpc_calls_total{method="other",code="UNIMPLEMENTED"} 17)"}) {
    EXPECT_THAT(text, HasLine(line));
  }
  EXPECT_THAT(text, Not(HasSubstr(R"({method="KV/Range",code="CANCELLED"})")));
  EXPECT_THAT(text, Not(HasSubstr(R"({method="other",code="OK"})")));
}

TEST(EtcdMetrics, WithoutAFrontEndHaveFamiliesAndNoSeries) {
  Exposition out;
  collect_front_end({}, out);
  EXPECT_THAT(out.text(), HasSubstr("# TYPE discovery_grpc_calls_total counter"));
  EXPECT_THAT(out.text(), Not(HasSubstr("\ndiscovery_")));
}

TEST(EtcdMetrics, TheDocumentHasEveryLabelValue) {
  std::ifstream in(DISCOVERY_SOURCE_DIR "/docs/metrics.md");
  std::stringstream document;
  document << in.rdbuf();
  for (size_t i = 0; i < grpc::kRules; ++i) {
    const std::string rule(grpc::rule_name(static_cast<grpc::Rule>(i)));
    EXPECT_THAT(document.str(), HasSubstr("`" + rule + "`"));
  }
  for (size_t i = 0; i < grpc::kCodes; ++i) {
    const std::string code(grpc::code_name(static_cast<Code>(i)));
    EXPECT_THAT(document.str(), HasSubstr("`" + code + "`"));
  }
}

}  // namespace
}  // namespace discovery::node
