// What registries may answer, and what they may not.
#include "client/answers.h"

#include <gtest/gtest.h>

namespace discovery::client {
namespace {

constexpr size_t kManyInstances = 100;
const std::string kInstance =
    R"({"region":"r","zone":"z1","env":"dev","appid":"a","hostname":"h1","addrs":["http://h:1","grpc://h:2"],)"
    R"("version":"v","metadata":{"weight":"10","n":7},"status":1,"reg_timestamp":1700000000000000001,)"
    R"("up_timestamp":1700000000000000002,"renew_timestamp":1700000000000000003,)"
    R"("dirty_timestamp":1700000000000000004,"latest_timestamp":1700000000000000005,"more":[1]})";

std::string polls(const std::string& data, const std::string& error = "null") {
  return R"({"code":0,"message":"0","data":)" + data + R"(,"error":)" + error + "}";
}
std::string list_of(const std::string& instances) {
  return R"({"a":{"instances":)" + instances + R"(,"latest_timestamp":1700000000000000009}})";
}
PollsAnswer read(const std::string& body, size_t instances_max = kManyInstances) {
  PollsAnswer answer;
  const Error error = read_polls(body, instances_max, answer);
  EXPECT_FALSE(error) << error.message << " of " << body;
  return answer;
}
Errc refused(const std::string& body) {
  PollsAnswer answer;
  const Error error = read_polls(body, kManyInstances, answer);
  EXPECT_TRUE(error) << body;
  return static_cast<Errc>(error.code.value());
}

TEST(ClientAnswers, EveryMemberOfAnInstanceIsRead) {
  const PollsAnswer answer = read(polls(list_of(R"({"z1":[)" + kInstance + "]}")));
  ASSERT_EQ(answer.lists.size(), 1U);
  const InstanceList& list = answer.lists[0];
  EXPECT_EQ(list.appid, "a");
  EXPECT_TRUE(list.known);
  EXPECT_EQ(list.latest_timestamp_ns, 1700000000000000009);
  ASSERT_EQ(list.instances.size(), 1U);
  const Instance& instance = list.instances[0];
  EXPECT_EQ(instance.zone + instance.region + instance.env + instance.appid + instance.hostname, "z1rdevah1");
  EXPECT_EQ(instance.addrs, (std::vector<std::string>{"http://h:1", "grpc://h:2"}));
  EXPECT_EQ(instance.metadata, (std::map<std::string, std::string>{{"weight", "10"}, {"n", "7"}}));
  EXPECT_EQ(instance.status, Status::kInService);
  EXPECT_EQ(instance.reg_timestamp_ns, 1700000000000000001);
  EXPECT_EQ(instance.up_timestamp_ns, 1700000000000000002);
  EXPECT_EQ(instance.renew_timestamp_ns, 1700000000000000003);
  EXPECT_EQ(instance.dirty_timestamp_ns, 1700000000000000004);
  EXPECT_EQ(instance.latest_timestamp_ns, 1700000000000000005);
}

TEST(ClientAnswers, InstancesAreSortedByZoneAndHost) {
  const auto named = [](const std::string& zone, const std::string& host) {
    return R"({"zone":")" + zone + R"(","hostname":")" + host + R"("})";
  };
  const PollsAnswer answer = read(polls(list_of(R"({"z2":[)" + named("z2", "b") + "," + named("z2", "a") +
                                                R"(],"z1":[)" + named("z1", "c") + R"(],"z0":[],"zn":null})")));
  std::string order;
  for (const Instance& instance : answer.lists.at(0).instances) order += instance.zone + instance.hostname + " ";
  EXPECT_EQ(order, "z1c z2a z2b ");
  EXPECT_EQ(answer.lists.at(0).in_zone("z2").size(), 2U);
}

TEST(ClientAnswers, UnknownApplicationsAreNamed) {
  EXPECT_EQ(read(polls("{}", R"({"-404":["x","y"]})")).unknown, (std::vector<std::string>{"x", "y"}));
  EXPECT_TRUE(read(polls("{}", R"({"-404":null})")).unknown.empty());
  EXPECT_TRUE(read(polls("{}", "{}")).unknown.empty());
  EXPECT_TRUE(read(polls("null")).lists.empty());
  EXPECT_EQ(read(R"({"code":-304,"message":"-304","ttl":1})").envelope.code, kCodeNotModified);
  EXPECT_EQ(read(R"({"code":-500,"data":7})").envelope.code, kCodeUnavailable) << "data of an error is not looked at";
}

TEST(ClientAnswers, WhatIsNoAnswerIsRefused) {
  for (const char* body : {"",
                           "x",
                           "[]",
                           "null",
                           "7",
                           "{",
                           R"({"message":"0"})",
                           R"({"code":"0"})",
                           R"({"code":0.5})",
                           R"({"code":1e999})",
                           R"({"code":4294967296})",
                           R"({"code":18446744073709551615})",
                           R"({"code":0,"data":[]})",
                           R"({"code":0,"data":"x"})",
                           R"({"code":0,"error":[]})",
                           R"({"code":0,"error":{"-404":{}}})",
                           R"({"code":0,"error":{"-404":[1]}})",
                           "{\"code\":0}}",
                           "\xff\xfe",
                           "{\"code\":0,\"data\":{\"\xff\":null}}"}) {
    EXPECT_EQ(refused(body), Errc::kMalformed) << body;
  }
}

TEST(ClientAnswers, AListThatCannotBeReadLeavesTheOthers) {
  for (const char* list :
       {"null", "7", "[]", "{}", R"({"latest_timestamp":0})", R"({"latest_timestamp":-1})",
        R"({"latest_timestamp":1.7e18})", R"({"latest_timestamp":9223372036854775808})", R"({"latest_timestamp":"1"})",
        R"({"latest_timestamp":1,"instances":[]})", R"({"latest_timestamp":1,"instances":{"z":{}}})",
        R"({"latest_timestamp":1,"instances":{"z":[null]}})",
        R"({"latest_timestamp":1,"instances":{"z":[{"addrs":"x"}]}})",
        R"({"latest_timestamp":1,"instances":{"z":[{"addrs":[1]}]}})",
        R"({"latest_timestamp":1,"instances":{"z":[{"status":3}]}})",
        R"({"latest_timestamp":1,"instances":{"z":[{"status":"1"}]}})",
        R"({"latest_timestamp":1,"instances":{"z":[{"hostname":1}]}})",
        R"({"latest_timestamp":1,"instances":{"z":[{"metadata":[]}]}})"}) {
    const PollsAnswer answer = read(polls(R"({"bad":)" + std::string(list) + R"(,"good":{"latest_timestamp":5}})"));
    EXPECT_EQ(answer.bad.code, Errc::kMalformed) << list;
    ASSERT_EQ(answer.lists.size(), 1U) << list;
    EXPECT_EQ(answer.lists[0].appid, "good");
  }
}

TEST(ClientAnswers, AsManyInstancesAsTheLimitAndNotOneMore) {
  const std::string three = R"({"z1":[{},{}],"z2":[{}]})";
  EXPECT_EQ(read(polls(list_of(three)), 3).lists.at(0).instances.size(), 3U);
  const PollsAnswer answer = read(polls(list_of(three)), 2);
  EXPECT_TRUE(answer.lists.empty());
  EXPECT_EQ(answer.bad.code, Errc::kLimit);
}

TEST(ClientAnswers, DepthIsBounded) {
  const auto nested = [](size_t depth) {
    return R"({"code":-304,"x":)" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + R"(,"s":"[[[[\"[[["})";
  };
  EXPECT_EQ(read(nested(kDepthMax)).envelope.code, kCodeNotModified);
  EXPECT_EQ(refused(nested(kDepthMax + 1)), Errc::kMalformed);
  EXPECT_EQ(refused(std::string(1'000'000, '[')), Errc::kMalformed);
}

TEST(ClientAnswers, AFetchIsRead) {
  FetchAnswer answer;
  const std::string body =
      R"({"code":0,"message":"0","ttl":1,"data":{"instances":{"z1":[)" + kInstance + R"(]},"latest_timestamp":5}})";
  EXPECT_FALSE(read_fetch(body, "a", kManyInstances, answer));
  EXPECT_EQ(answer.list.instances.size(), 1U);
  EXPECT_FALSE(read_fetch(R"({"code":-404,"data":null})", "a", kManyInstances, answer));
  EXPECT_EQ(answer.envelope.code, kCodeNotFound);
  EXPECT_EQ(read_fetch(R"({"code":0,"data":null})", "a", kManyInstances, answer).code, Errc::kMalformed);
}

}  // namespace
}  // namespace discovery::client
