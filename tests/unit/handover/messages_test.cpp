#include "handover/messages.h"

#include <gtest/gtest.h>

#include <string>

#include "base/bytes.h"

namespace discovery::handover {
namespace {

Begin begin() {
  Begin b;
  b.clock_wall_ns = 1'700'000'000'000'000'000;
  b.clock_steady_ns = 5;
  b.names_contents = true;
  b.data_dir = "/var/lib/discoveryd";
  b.listeners = 4;
  return b;
}

TEST(HandoverMessages, BeginComesBack) {
  const auto read = decode_begin(encode(begin()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->clock_wall_ns, begin().clock_wall_ns);
  EXPECT_EQ(read->clock_steady_ns, 5);
  EXPECT_TRUE(read->names_contents);
  EXPECT_EQ(read->data_dir, "/var/lib/discoveryd");
  EXPECT_EQ(read->listeners, 4U);
}

TEST(HandoverMessages, AnotherProtocolIsNamed) {
  Begin other = begin();
  other.protocol = kProtocol + 1;
  const auto read = decode_begin(encode(other));
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("protocol " + std::to_string(kProtocol + 1)), std::string::npos);
}

TEST(HandoverMessages, WhatANewerProcessAddsIsPassedOver) { EXPECT_TRUE(decode_begin(encode(begin()) + "more")); }

TEST(HandoverMessages, CutMessagesAreRefused) {
  const std::string opened = encode(Opened{12, "1.0", "abc"});
  const std::string end = encode(End{{1, 2, 3, -4, 5}, 6, 7, 8, 9});
  for (size_t cut = 0; cut < encode(begin()).size(); ++cut) EXPECT_FALSE(decode_begin(encode(begin()).substr(0, cut)));
  for (size_t cut = 0; cut < opened.size(); ++cut) EXPECT_FALSE(decode_opened(opened.substr(0, cut)));
  for (size_t cut = 0; cut < end.size(); ++cut) EXPECT_FALSE(decode_end(end.substr(0, cut)));
  const auto whole = decode_end(end);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->counts.protecting_since_ns, -4);
  EXPECT_EQ(whole->records, 9U);
}

TEST(HandoverMessages, TextsHaveALimit) {
  Begin at_limit = begin();
  at_limit.data_dir = std::string(4096, 'x');
  EXPECT_TRUE(decode_begin(encode(at_limit)));
  at_limit.data_dir += 'x';
  EXPECT_FALSE(decode_begin(encode(at_limit)));
}

TEST(HandoverMessages, TimesComeBackAndGarbageDoesNot) {
  std::string bytes;
  append_time(bytes, {"dev", "shop"}, 17);
  append_time(bytes, {"uat", "stock"}, 18);
  int64_t sum = 0;
  const auto add = [&sum](registry::AppKeyView, int64_t t) { sum += t; };
  EXPECT_TRUE(read_times(bytes, add));
  EXPECT_EQ(sum, 35);
  EXPECT_FALSE(read_times(bytes.substr(0, bytes.size() - 1), add));
  std::string nameless;
  append_time(nameless, {"dev", ""}, 1);
  EXPECT_FALSE(read_times(nameless, add));
  std::string long_name;
  append_time(long_name, {"dev", std::string(registry::kNameBytesMax + 1, 'a')}, 1);
  EXPECT_FALSE(read_times(long_name, add));
}

}  // namespace
}  // namespace discovery::handover
