#include "registry/instance.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace discovery::registry {
namespace {

void expect_round_trip(const InstanceText& text) {
  InstanceNumbers numbers;
  numbers.version = {{1, 2, false}, {3, 4}};
  numbers.reg_ns = 5;
  numbers.up_ns = 6;
  numbers.dirty_ns = std::numeric_limits<int64_t>::max();
  numbers.latest_ns = 8;
  numbers.status = 2;
  numbers.state = RecordState::kHidden;
  const InstancePtr made = Instance::make(text, numbers, 0xdeadbeef, 0xfeedULL);
  EXPECT_EQ(made->zone(), text.zone);
  EXPECT_EQ(made->hostname(), text.hostname);
  EXPECT_EQ(made->region(), text.region);
  EXPECT_EQ(made->version(), text.version);
  EXPECT_EQ(made->addrs_json(), text.addrs_json);
  EXPECT_EQ(made->metadata_json(), text.metadata_json);
  EXPECT_EQ(made->key_hash(), 0xdeadbeefU);
  EXPECT_EQ(made->numbers.version, numbers.version);
  EXPECT_EQ(made->numbers.reg_ns, 5);
  EXPECT_EQ(made->numbers.up_ns, 6);
  EXPECT_EQ(made->numbers.dirty_ns, numbers.dirty_ns);
  EXPECT_EQ(made->numbers.latest_ns, 8);
  EXPECT_EQ(made->numbers.status, 2U);
  EXPECT_EQ(made->numbers.state, RecordState::kHidden);
  EXPECT_EQ(made->bytes(), Instance::bytes_of(text));
  EXPECT_EQ(made->bytes(), sizeof(Instance) + text.zone.size() + text.hostname.size() + text.region.size() +
                               text.version.size() + text.addrs_json.size() + text.metadata_json.size());
}

TEST(Instance, KeepsItsTexts) {
  expect_round_trip({.zone = "zone-a",
                     .hostname = "cart-0",
                     .region = "east",
                     .version = "412",
                     .addrs_json = R"(["http://10.1.0.7:8000","grpc://10.1.0.7:9000"])",
                     .metadata_json = R"({"weight":"10"})"});
}

TEST(Instance, KeepsEmptyTexts) {
  expect_round_trip({});
  expect_round_trip({.zone = "z"});
  expect_round_trip({.hostname = "h"});
  expect_round_trip({.region = "r"});
  expect_round_trip({.version = "v"});
  expect_round_trip({.addrs_json = "[]"});
  expect_round_trip({.metadata_json = "{}"});
}

TEST(Instance, KeepsTheLongestNames) {
  const std::string zone(1024, 'z'), hostname(1024, 'h'), region(1024, 'r');
  expect_round_trip({.zone = zone, .hostname = hostname, .region = region, .version = "1"});
  const std::string longest(65535, 'n');
  expect_round_trip({.zone = longest, .hostname = longest});
}

TEST(Instance, KeepsAVersionOfTenMebibytes) {
  const std::string version(size_t{10} << 20, 'v');
  const std::string region(size_t{1} << 20, 'r');
  expect_round_trip({.zone = "z", .hostname = "h", .region = region, .version = version, .addrs_json = R"(["a"])"});
}

TEST(Instance, KeepsBytesThatEndTextsElsewhere) {
  const std::string odd("a\0b\xff\n\"", 6);
  expect_round_trip(
      {.zone = odd, .hostname = odd, .region = odd, .version = odd, .addrs_json = odd, .metadata_json = odd});
}

TEST(InstanceDeathTest, LongerNamesThanTheContractAllowsStopTheProcess) {
  const std::string name(65536, 'n');
  EXPECT_DEATH(Instance::make({.zone = name, .hostname = "h"}, {}, 0, 0), "bounds every text");
  EXPECT_DEATH(Instance::make({.zone = "z", .hostname = name}, {}, 0, 0), "bounds every text");
}

TEST(AppKey, IsOrderedByAppidThenEnv) {
  EXPECT_LT((AppKey{"a", "z"}), (AppKey{"b", "a"}));
  EXPECT_LT((AppKey{"a", "a"}), (AppKey{"a", "b"}));
}

}  // namespace
}  // namespace discovery::registry
