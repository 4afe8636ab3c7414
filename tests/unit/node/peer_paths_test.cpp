#include "node/peer_paths.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cluster/messages.h"

namespace discovery::node {
namespace {

using namespace std::string_literals;

std::string all_bytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes;
}

TEST(PeerEnvelope, CarriesAHello) {
  const auto hello = read_hello_envelope(hello_envelope(all_bytes()));
  ASSERT_TRUE(hello);
  EXPECT_EQ(*hello, all_bytes());
}

TEST(PeerEnvelope, WithoutAHelloSaysWhoAnswers) {
  const std::string text = hello_envelope({});
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["code"], 0);
  EXPECT_EQ(json["data"]["protocol"], "discoveryd");
  EXPECT_EQ(json["data"]["version"], cluster::kProtocolMax);
  EXPECT_FALSE(json["data"].contains("hello"));
  const auto hello = read_hello_envelope(text);
  ASSERT_TRUE(hello);
  EXPECT_EQ(*hello, "");
}

std::string with_data(std::string_view data) { return fmt::format(R"({{"code":0,"data":{}}})", data); }

TEST(PeerEnvelope, WhateverElseAnswersIsNoneOfOurs) {
  for (const std::string& text :
       {""s, "404 page not found\n"s, "{"s, "[]"s, "null"s, R"({"code":-404,"message":"-404","ttl":1})"s,
        with_data("null"), with_data("[]"), with_data("{}"), with_data(R"({"version":2})"),
        with_data(R"({"protocol":"discovery","version":2})"), with_data(R"({"protocol":7,"version":2})"),
        with_data(R"({"protocol":"discoveryd"})"), with_data(R"({"protocol":"discoveryd","version":"2"})"),
        with_data(R"({"protocol":"discoveryd","version":2.5})"), with_data(R"({"protocol":"discoveryd","version":-1})"),
        with_data(R"({"protocol":"discoveryd","version":0})"), std::string(100'000, '['), "\xff\xfe\x00"s}) {
    EXPECT_FALSE(read_hello_envelope(text)) << text.substr(0, 80);
  }
}

TEST(PeerEnvelope, ANewerNodeIsStillOneOfOurs) {
  const auto hello =
      read_hello_envelope(with_data(R"({"protocol":"discoveryd","version":4000000000,"hello":"6869","more":[1]})"));
  ASSERT_TRUE(hello);
  EXPECT_EQ(*hello, "hi");
}

TEST(PeerEnvelope, TheOldestVersionIsOneOfOursToo) {
  const auto oldest = fmt::format(R"({{"protocol":"discoveryd","version":{}}})", cluster::kProtocolMin);
  EXPECT_TRUE(read_hello_envelope(with_data(oldest)));
}

TEST(PeerEnvelope, AHelloThatIsNoHexIsNone) {
  for (const std::string_view hello : {R"("abc")", R"("zz")", "7", "null", "[]"}) {
    const auto read =
        read_hello_envelope(with_data(fmt::format(R"({{"protocol":"discoveryd","version":2,"hello":{}}})", hello)));
    ASSERT_TRUE(read) << hello;
    EXPECT_EQ(*read, "") << hello;
  }
}

}  // namespace
}  // namespace discovery::node
