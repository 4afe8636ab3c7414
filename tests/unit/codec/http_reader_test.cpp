#include "codec/http_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"
#include "unit/codec/http_reader_harness.h"

namespace discovery::codec {
namespace {

const std::string kConversation =
    "\r\nGET /discovery/fetch?appid=a HTTP/1.1\r\nHost: a\r\n\r\n"
    "POST /discovery/renew HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nappid=a&b=c"
    "\r\n\r\nPOST /x//y HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5;e=f\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: t\r\n\r\n"
    "POST /empty HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
    "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nnot whole";

TEST(HttpReader, GivesPipelinedRequestsInOrder) {
  const ReadOutcome outcome = read_whole(kConversation);
  ASSERT_EQ(outcome.requests.size(), 5u) << outcome.problem_reason;
  EXPECT_EQ(outcome.requests[0].query, "appid=a");
  EXPECT_EQ(outcome.requests[1].body, "appid=a&b=c");
  EXPECT_EQ(outcome.requests[2].body, "hello world");
  EXPECT_EQ(outcome.requests[2].path, "/x/y");
  EXPECT_EQ(outcome.requests[3].body, "");
  EXPECT_EQ(outcome.requests[4].method, Method::kHead);
  EXPECT_FALSE(outcome.requests[4].keep_alive);
  EXPECT_EQ(outcome.unread,
            std::string("POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nnot whole").size());
}

TEST(HttpReader, SplitAtEveryBytePositionGivesTheSame) {
  const ReadOutcome whole = read_whole(kConversation);
  for (size_t at = 0; at <= kConversation.size(); ++at) ASSERT_EQ(read_split_at(kConversation, at), whole) << at;
}

TEST(HttpReader, PiecesOfEverySizeGiveTheSame) {
  const ReadOutcome whole = read_whole(kConversation);
  for (size_t piece = 1; piece <= kConversation.size(); ++piece) {
    ASSERT_EQ(read_in_pieces(kConversation, piece), whole) << piece;
  }
}

TEST(HttpReader, RandomPiecesOfManyRequestsGiveTheSame) {
  constexpr uint64_t kSeed = 20240607;
  SeededRandom random(kSeed);
  for (int round = 0; round < 300; ++round) {
    std::string bytes;
    for (uint64_t i = random.below(20); i > 0; --i) {
      const std::string body(random.below(300), 'b');
      bytes += "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    ReaderHarness harness;
    for (size_t at = 0; at < bytes.size();) {
      const size_t n = 1 + random.below(400);
      ASSERT_TRUE(harness.give(std::string_view(bytes).substr(at, n))) << "seed " << kSeed << " round " << round;
      at += n;
    }
    ASSERT_EQ(harness.outcome(), read_whole(bytes)) << "seed " << kSeed << " round " << round;
    ASSERT_EQ(harness.partial().used(), 0u);
  }
}

TEST(HttpReader, SkipsAFewEmptyLinesBeforeEachRequest) {
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string four = "\r\n\r\n\r\n\r\n";
  EXPECT_EQ(read_whole(four + get + four + get).requests.size(), 2u);
  EXPECT_EQ(read_whole("\r\n" + four + get).problem_status, 400);
  EXPECT_EQ(read_in_pieces("\r\n" + four + get, 1).problem_status, 400);
  EXPECT_EQ(read_whole("\n" + get).problem_status, 400);
}

TEST(HttpReader, StrayLineEndAfterABodyIsNoRequestBegun) {
  ReaderHarness harness;
  ASSERT_TRUE(harness.give("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx\r\n"));
  EXPECT_TRUE(harness.reader().idle());
  EXPECT_EQ(harness.partial().used(), 0u);
}

TEST(HttpReader, HoldsNoBufferBetweenRequests) {
  ReaderHarness harness;
  ASSERT_TRUE(harness.give("GET / HTTP/1.1\r\nHo"));
  EXPECT_GT(harness.partial().used(), 0u);
  EXPECT_FALSE(harness.reader().idle());
  EXPECT_FALSE(harness.reader().in_body());
  ASSERT_TRUE(harness.give("st: a\r\nContent-Length: 3\r\n\r\nab"));
  EXPECT_TRUE(harness.reader().in_body());
  ASSERT_TRUE(harness.give("c"));
  EXPECT_EQ(harness.outcome().requests.size(), 1u);
  EXPECT_TRUE(harness.reader().idle());
  EXPECT_EQ(harness.partial().used(), 0u);
}

TEST(HttpReader, BufferGrowsWithWhatArrives) {
  ReaderHarness harness;
  ASSERT_TRUE(harness.give("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n"));
  EXPECT_LT(harness.partial().used(), 1000u);
  ASSERT_TRUE(harness.give(std::string(60'000, 'x')));
  EXPECT_LT(harness.partial().used(), 2 * 61'000u);
}

TEST(HttpReader, BodyOfTheLimitPassesAndNotOneMore) {
  const size_t max = HttpLimits().body_bytes_max;
  ASSERT_EQ(max, 10u * 1024 * 1024);
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ";
  const auto outcome = read_in_pieces(head + std::to_string(max) + "\r\n\r\n" + std::string(max, 'x'), 65536);
  ASSERT_EQ(outcome.requests.size(), 1u);
  EXPECT_EQ(outcome.requests[0].body.size(), max);
  EXPECT_EQ(read_whole(head + std::to_string(max + 1) + "\r\n\r\n").problem_status, 413);
}

TEST(HttpReader, ChunkedBodyOfTheLimitPassesAndNotOneMore) {
  const HttpLimits limits{.head_bytes_max = 1000, .fields_max = 100, .body_bytes_max = 1000};
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string body;
  for (int i = 0; i < 10; ++i) body += "64\r\n" + std::string(100, 'x') + "\r\n";
  EXPECT_EQ(read_in_pieces(head + body + "0\r\n\r\n", 33, limits).requests.size(), 1u);
  EXPECT_EQ(read_in_pieces(head + body + "1\r\nx\r\n0\r\n\r\n", 33, limits).problem_status, 413);
}

TEST(HttpReader, PartlyReadBytesOfAllTogetherAreLimited) {
  PartialBytes partial(1000);
  HttpReaderShared shared({}, partial);
  HttpReader one(shared);
  HttpReader two(shared);
  std::string bytes = "GET /" + std::string(395, 'x');
  HttpRequest request;
  ASSERT_TRUE(one.feed(bytes));
  ASSERT_EQ(one.next(request), HttpReader::Step::kNeedMore);
  ASSERT_TRUE(one.keep());
  EXPECT_EQ(partial.used(), 800u);
  ASSERT_TRUE(two.feed(bytes));
  ASSERT_EQ(two.next(request), HttpReader::Step::kNeedMore);
  EXPECT_FALSE(two.keep());
  EXPECT_EQ(two.problem().status, 503);
  EXPECT_EQ(partial.used(), 800u);
  EXPECT_EQ(two.next(request), HttpReader::Step::kBad);
  std::string much(1000, 'x');
  EXPECT_FALSE(one.feed(much));
  EXPECT_EQ(one.problem().status, 503);
  EXPECT_EQ(partial.used(), 0u);
}

TEST(HttpReader, WholeRequestsNeedNoPartialBytes) {
  ReaderHarness harness({}, 0);
  EXPECT_TRUE(harness.give("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"));
  EXPECT_EQ(harness.outcome().requests.size(), 1u);
  EXPECT_FALSE(harness.give("G"));
  EXPECT_EQ(harness.outcome().problem_status, 503);
}

TEST(HttpReader, DestructorGivesItsBytesBack) {
  PartialBytes partial(10'000);
  HttpReaderShared shared({}, partial);
  {
    HttpReader reader(shared);
    std::string bytes = "GET /";
    HttpRequest request;
    ASSERT_TRUE(reader.feed(bytes));
    ASSERT_EQ(reader.next(request), HttpReader::Step::kNeedMore);
    ASSERT_TRUE(reader.keep());
    ASSERT_GT(partial.used(), 0u);
  }
  EXPECT_EQ(partial.used(), 0u);
}

TEST(HttpReader, LargeBufferIsGivenBackWhenLittleIsLeft) {
  ReaderHarness harness;
  ASSERT_TRUE(harness.give("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"));
  ASSERT_TRUE(harness.give(std::string(50'000, 'x')));
  ASSERT_TRUE(harness.give(std::string(50'000, 'x') + "GET"));
  EXPECT_EQ(harness.outcome().requests.size(), 1u);
  EXPECT_EQ(harness.reader().unread(), 3u);
  EXPECT_LT(harness.partial().used(), 5000u);
}

TEST(HttpReader, SaysOnceThatTheClientWaitsToContinue) {
  ReaderHarness harness;
  ASSERT_TRUE(harness.give("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
  EXPECT_TRUE(harness.reader().take_continue());
  EXPECT_FALSE(harness.reader().take_continue());
  ASSERT_TRUE(harness.give("a"));
  EXPECT_FALSE(harness.reader().take_continue());
  ASSERT_TRUE(harness.give("b"));
  EXPECT_EQ(harness.outcome().requests.size(), 1u);
  EXPECT_FALSE(harness.reader().take_continue());
}

TEST(HttpReader, DoesNotContinueWhatIsThereAlready) {
  ReaderHarness harness;
  ASSERT_TRUE(harness.give("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab"));
  EXPECT_EQ(harness.outcome().requests.size(), 1u);
  EXPECT_FALSE(harness.reader().take_continue());
}

TEST(HttpReader, NothingFollowsAFault) {
  const auto outcome = read_whole("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(outcome.problem_status, 400);
  EXPECT_TRUE(outcome.requests.empty());
}

TEST(HttpReader, GarbageNeverCrashes) {
  constexpr uint64_t kSeed = 77;
  SeededRandom random(kSeed);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = kConversation;
    for (uint64_t i = 1 + random.below(6); i > 0; --i) {
      bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
    }
    // A fault in a head that comes in pieces may be seen only when the head ends, so both get an end.
    bytes += "\r\n\r\n";
    const ReadOutcome whole = read_whole(bytes);
    const ReadOutcome pieces = read_in_pieces(bytes, 1 + random.below(40));
    ASSERT_EQ(whole.requests, pieces.requests) << "seed " << kSeed << " round " << round;
    ASSERT_EQ(whole.problem_status, pieces.problem_status) << "seed " << kSeed << " round " << round;
  }
}

TEST(HttpReader, HeadSentByteByByteIsLinear) {
  // 64 KiB in single bytes: scanned anew each time it would be two thousand million steps.
  ReaderHarness harness;
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(65536, 'x') + "\r\n\r\n";
  for (const char c : head) ASSERT_TRUE(harness.give({&c, 1}));
  EXPECT_EQ(harness.outcome().requests.size(), 1u);
}

}  // namespace
}  // namespace discovery::codec
