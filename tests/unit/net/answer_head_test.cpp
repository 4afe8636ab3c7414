#include "net/answer_head.h"

#include <gtest/gtest.h>

#include <ctime>

#include "base/random.h"

namespace discovery::net {
namespace {

TEST(DateField, IsTheFormOfTheRfc) {
  DateField date;
  EXPECT_EQ(date.at(from_wire_ns(784'111'777'000'000'000)), "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  EXPECT_EQ(date.at(from_wire_ns(784'111'777'999'999'999)), "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  EXPECT_EQ(date.at(from_wire_ns(784'111'778'000'000'000)), "Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n");
  EXPECT_EQ(date.at(from_wire_ns(0)), "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n");
  EXPECT_EQ(date.at(from_wire_ns(1'709'208'000'000'000'000)), "Date: Thu, 29 Feb 2024 12:00:00 GMT\r\n");
}

TEST(DateField, AgreesWithTheLibrary) {
  constexpr uint64_t kSeed = 5;
  SeededRandom random(kSeed);
  DateField date;
  for (int i = 0; i < 1000; ++i) {
    const auto second = static_cast<time_t>(random.below(8'000'000'000));
    tm parts{};
    ::gmtime_r(&second, &parts);
    char text[64];
    const size_t n = std::strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    ASSERT_EQ(date.at(from_wire_ns(second * 1'000'000'000)), std::string_view(text, n)) << "seed " << kSeed;
  }
}

std::string head_of(const codec::HttpReply& reply, AnswerShape shape) {
  std::string out = "left over";
  render_answer_head(reply, shape, "Date: x\r\n", out);
  return out;
}

TEST(AnswerHead, HasWhatTheReplySays) {
  codec::HttpReply reply;
  reply.content_type = "application/json";
  reply.add_header("Kratos-Status-Code: 0");
  reply.append("1234567890");
  EXPECT_EQ(head_of(reply, {}),
            "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n"
            "Kratos-Status-Code: 0\r\n\r\n");
}

TEST(AnswerHead, FramingAndConnection) {
  codec::HttpReply reply;
  reply.content_type = "";
  EXPECT_EQ(head_of(reply, {BodyFraming::kChunked, false}),
            "HTTP/1.1 200 OK\r\nDate: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(head_of(reply, {BodyFraming::kToClose, true}), "HTTP/1.1 200 OK\r\nDate: x\r\nConnection: close\r\n\r\n");
  reply.status = 304;
  EXPECT_EQ(head_of(reply, {}), "HTTP/1.1 304 Not Modified\r\nDate: x\r\n\r\n");
  reply.status = 299;
  EXPECT_EQ(head_of(reply, {}), "HTTP/1.1 299 \r\nDate: x\r\nContent-Length: 0\r\n\r\n");
}

}  // namespace
}  // namespace discovery::net
