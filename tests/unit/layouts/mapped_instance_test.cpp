#include "layouts/mapped_instance.h"

#include <gtest/gtest.h>

#include "unit/layouts/telling.h"

namespace discovery::layouts {
namespace {

MappedInstance sample() { return {"cart", "c1", {"grpc://a:1"}, "1", {}, kStatusUp, false}; }

bool held(const MappedInstance& instance) { return why_not_held(instance, {}).empty(); }

TEST(MappedInstance, IsHeldUpToTheLimitOfNames) {
  EXPECT_TRUE(held(sample()));
  for (std::string MappedInstance::*name : {&MappedInstance::appid, &MappedInstance::hostname}) {
    MappedInstance i = sample();
    i.*name = std::string(1024, 'x');
    EXPECT_TRUE(held(i));
    for (const std::string& bad : {std::string(1025, 'x'), std::string(), std::string("\t"), std::string("\x80")}) {
      i.*name = bad;
      EXPECT_FALSE(held(i));
    }
  }
  MappedInstance i = sample();
  i.version = std::string(1024, 'x');
  EXPECT_TRUE(held(i));
  i.version += 'x';
  EXPECT_FALSE(held(i));
}

TEST(MappedInstance, IsHeldUpToTheLimitOfAddresses) {
  MappedInstance i = sample();
  i.addrs.assign(64, "grpc://a:1");
  EXPECT_TRUE(held(i));
  i.addrs.emplace_back("grpc://a:1");
  EXPECT_EQ(why_not_held(i, {}), "more addresses than limits.addrs allows");
  i.addrs.clear();
  EXPECT_EQ(why_not_held(i, {}), "no address");
  i.addrs = {std::string(1024, 'a')};
  EXPECT_TRUE(held(i));
  for (const std::string& bad : {std::string(1025, 'a'), std::string(), std::string("a:1,b:2"), std::string("a\r")}) {
    i.addrs = {"grpc://a:1", bad};
    EXPECT_FALSE(held(i));
  }
}

TEST(MappedInstance, IsHeldUpToTheLimitsOfMetadata) {
  MappedInstance i = sample();
  for (int n = 0; n < 256; ++n) i.metadata.members.emplace_back("k" + std::to_string(1000 + n), "");
  EXPECT_TRUE(held(i));
  i.metadata.members.emplace_back("l", "");
  EXPECT_FALSE(held(i));
  i.metadata.members = {{"k", std::string(65535, 'v')}};
  EXPECT_TRUE(held(i));
  i.metadata.members.front().second += 'v';
  EXPECT_FALSE(held(i));
}

TEST(MappedInstance, ObeysConfiguredLimits) {
  Settings settings;
  settings.limits = {.name_bytes_max = 10, .addrs_max = 1, .metadata = {.members_max = 0, .text_bytes_max = 0}};
  MappedInstance i = sample();
  EXPECT_EQ(why_not_held(i, settings), "");
  i.addrs.emplace_back("b:1");
  EXPECT_NE(why_not_held(i, settings), "");
  i = sample();
  i.metadata.members = {{"a", "b"}};
  EXPECT_NE(why_not_held(i, settings), "");
  i = sample();
  settings.self_appid = "cart";
  EXPECT_NE(why_not_held(i, settings), "");
}

TEST(MappedInstance, ComesFromTheTextsOfTheRegistryAndGoesThere) {
  const auto i = mapped({.appid = "cart",
                         .hostname = "c1",
                         .version = "1",
                         .addrs_json = R"(["http://a:1","grpc://b:2\u0026"])",
                         .metadata_json = R"({"a":"1","b":"\"2\""})",
                         .status = 2});
  ASSERT_TRUE(i);
  EXPECT_EQ(text_of(*i), R"({"appid":"cart","hostname":"c1","addrs":["http://a:1","grpc://b:2&"],"version":"1",)"
                         R"("metadata":{"a":"1","b":"\"2\""},"status":2})");
  EXPECT_EQ(addrs_json(i->addrs), R"(["http://a:1","grpc://b:2\u0026"])");
  EXPECT_EQ(addrs_json({}), "[]");
  for (const char* addrs : {"", "{}", "[1]", "[null]", "[[]]", R"(["a"] x)", R"(["a")"}) {
    EXPECT_FALSE(mapped({.appid = "a", .hostname = "b", .addrs_json = addrs, .metadata_json = "{}"})) << addrs;
  }
  for (const char* metadata : {"null", "[]", "{", "{} x"}) {
    EXPECT_FALSE(mapped({.appid = "a", .hostname = "b", .addrs_json = "[]", .metadata_json = metadata})) << metadata;
  }
}

}  // namespace
}  // namespace discovery::layouts
