#include "net/process_channel.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <thread>

#include "base/bytes.h"

namespace discovery::net {
namespace {

constexpr size_t kBytesMax = size_t{4} << 20;
constexpr Duration kSoon = std::chrono::seconds(20);

struct Ends {
  Ends() : Ends(ProcessChannel::make_pair()) {}
  explicit Ends(Result<std::pair<Descriptor, Descriptor>> pair)
      : raw(pair->second.get()), one(std::move(pair->first), kBytesMax), other(std::move(pair->second), kBytesMax) {}
  int raw;  ///< of `other`
  ProcessChannel one;
  ProcessChannel other;
};

TEST(ProcessChannel, BringsMessagesInOrderWithTheirDescriptors) {
  Ends ends;
  const Descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const std::array two{null.get(), null.get()};
  ASSERT_TRUE(ends.one.send(1, "first"));
  ASSERT_TRUE(ends.one.send(2, "", two));
  ASSERT_TRUE(ends.one.send(3, "third"));
  for (const uint8_t kind : {uint8_t{1}, uint8_t{2}, uint8_t{3}}) {
    auto message = ends.other.receive(kSoon);
    ASSERT_TRUE(message && *message);
    EXPECT_EQ((*message)->kind, kind);
    EXPECT_EQ((*message)->descriptors.size(), kind == 2 ? 2U : 0U);
    for (const Descriptor& d : (*message)->descriptors) EXPECT_GE(::fcntl(d.get(), F_GETFD), FD_CLOEXEC);
  }
}

TEST(ProcessChannel, TwoThatSendMuchAtOnceDoNotWaitForEachOther) {
  Ends ends;
  const std::string much(kBytesMax, 'x');
  const auto send_and_receive = [&much](ProcessChannel& end) {
    EXPECT_TRUE(end.send(1, much));
    const auto message = end.receive(kSoon);
    ASSERT_TRUE(message && *message);
    EXPECT_EQ((*message)->bytes, much);
  };
  std::thread thread([&] { send_and_receive(ends.other); });
  send_and_receive(ends.one);
  thread.join();
}

TEST(ProcessChannel, LimitsHoldOnBothSides) {
  Ends ends;
  EXPECT_FALSE(ends.one.send(1, std::string(kBytesMax + 1, 'x')));
  const std::vector<int> many(ProcessChannel::kDescriptorsMax + 1, 0);
  EXPECT_FALSE(ends.one.send(1, "", many));
  std::string head;
  append_le(head, static_cast<uint32_t>(kBytesMax + 1));
  head += std::string(2, '\0');
  ASSERT_EQ(::send(ends.raw, head.data(), head.size(), 0), static_cast<ssize_t>(head.size()));
  const auto got = ends.one.receive(kSoon);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::kInvalidArgument);
}

TEST(ProcessChannel, AMessageThatLacksItsDescriptorsIsNone) {
  Ends ends;
  const std::string head{'\0', '\0', '\0', '\0', '\1', '\1'};
  ASSERT_EQ(::send(ends.raw, head.data(), head.size(), 0), static_cast<ssize_t>(head.size()));
  EXPECT_FALSE(ends.one.receive(kSoon));
}

TEST(ProcessChannel, WhatWasSentBeforeTheEndIsReceived) {
  auto pair = ProcessChannel::make_pair();
  ASSERT_TRUE(pair);
  ProcessChannel stays(std::move(pair->first), kBytesMax);
  {
    ProcessChannel goes(std::move(pair->second), kBytesMax);
    ASSERT_TRUE(goes.send(9, "last words"));
  }
  auto message = stays.receive(kSoon);
  ASSERT_TRUE(message && *message);
  EXPECT_EQ((*message)->bytes, "last words");
  const auto end = stays.receive(kSoon);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, ErrorCode::kUnavailable);
}

TEST(ProcessChannel, NobodySaysAnything) {
  Ends ends;
  auto nothing = ends.one.receive(Duration::zero());
  ASSERT_TRUE(nothing);
  EXPECT_FALSE(*nothing);
  ends.one.wake();
  auto woken = ends.one.receive(kSoon);
  ASSERT_TRUE(woken);
  EXPECT_FALSE(*woken);
}

TEST(ProcessChannel, WhoTakesNothingIsGivenUp) {
  Ends ends;
  ends.one.set_patience(std::chrono::milliseconds(1));
  Result<void> sent;
  for (int i = 0; i < 100 && sent; ++i) sent = ends.one.send(1, std::string(kBytesMax, 'x'));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace discovery::net
