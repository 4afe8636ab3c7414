#include "net/client_answer.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"

namespace discovery::net {
namespace {

constexpr size_t kBodyMax = 100;

/// What reading `bytes` comes to: "200 body", "200 body|close", "more" or the failure.
std::string outcome(ClientAnswerReader& reader, std::optional<ClientFailure> failure) {
  if (failure) return std::string(to_string(*failure));
  if (!reader.done()) return "more";
  const bool keep_alive = reader.keep_alive();
  const ClientAnswer answer = reader.take();
  return std::to_string(answer.status) + " " + answer.body + (keep_alive ? "" : "|close");
}

std::string read(std::string_view bytes, bool to_head = false) {
  ClientAnswerReader reader(kBodyMax, to_head);
  return outcome(reader, reader.feed(bytes));
}

std::string read_bytewise(std::string_view bytes) {
  ClientAnswerReader reader(kBodyMax, false);
  for (size_t i = 0; i < bytes.size() && !reader.done(); ++i) {
    if (const auto failure = reader.feed(bytes.substr(i, 1))) return outcome(reader, failure);
  }
  return outcome(reader, std::nullopt);
}

std::string read_to_end(std::string_view bytes) {
  ClientAnswerReader reader(kBodyMax, false);
  if (const auto failure = reader.feed(bytes)) return outcome(reader, failure);
  return outcome(reader, reader.end());
}

std::string with_length(size_t n) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(n) + "\r\n\r\n" + std::string(n, 'x');
}

std::string in_chunks_of_ten(size_t n) {
  std::string answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (; n >= 10; n -= 10) answer += "a\r\nxxxxxxxxxx\r\n";
  for (; n > 0; --n) answer += "1\r\nx\r\n";
  return answer + "0\r\n\r\n";
}

TEST(ClientAnswerReader, ReadsAnswersHoweverTheyAreCut) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "200 hello"},
      {"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", "404 "},
      {"HTTP/1.1 204 No Content\r\n\r\n", "204 "},
      {"HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\nx", "200 x"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx", "200 x|close"},
      {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "200 x|close"},
      {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\nx", "200 x"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;name=value\r\n!\r\n0\r\n\r\n",
       "200 hello!"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\nA-Trailer: 1\r\n\r\n", "200 x"},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
       "1\r\n\r\nx",
       "200 x"},
  };
  for (const auto& [bytes, expected] : cases) {
    EXPECT_EQ(read(bytes), expected) << bytes;
    EXPECT_EQ(read_bytewise(bytes), expected) << bytes;
    for (size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_EQ(read(bytes.substr(0, cut)), "more") << bytes << cut;
  }
}

TEST(ClientAnswerReader, AnswerToHeadHasNoBody) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true), "200 ");
}

TEST(ClientAnswerReader, BodyWithoutLengthEndsWithTheConnection) {
  const std::string answer = "HTTP/1.1 200 OK\r\n\r\nhello";
  EXPECT_EQ(read(answer), "more");
  EXPECT_EQ(read_to_end(answer), "200 hello|close");
  EXPECT_EQ(read_to_end("HTTP/1.1 200 OK\r\n\r\n"), "200 |close");
}

TEST(ClientAnswerReader, BodyLimitIsExactInEveryForm) {
  EXPECT_EQ(read(with_length(kBodyMax)), "200 " + std::string(kBodyMax, 'x'));
  EXPECT_EQ(read(with_length(kBodyMax + 1)), "too large");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n"), "too large") << "before the body comes";
  EXPECT_EQ(read(in_chunks_of_ten(kBodyMax)), "200 " + std::string(kBodyMax, 'x'));
  EXPECT_EQ(read(in_chunks_of_ten(kBodyMax + 1)), "too large");
  const std::string head = "HTTP/1.1 200 OK\r\n\r\n";
  EXPECT_EQ(read_to_end(head + std::string(kBodyMax, 'x')), "200 " + std::string(kBodyMax, 'x') + "|close");
  EXPECT_EQ(read_to_end(head + std::string(kBodyMax + 1, 'x')), "too large");
}

TEST(ClientAnswerReader, HeadIsLimited) {
  const std::string long_field = "A: " + std::string(ClientAnswerReader::kHeadBytesMax, 'x') + "\r\n";
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\n" + long_field + "Content-Length: 0\r\n\r\n"), "too large");
  EXPECT_EQ(read_bytewise("HTTP/1.1 200 OK\r\n" + long_field + "Content-Length: 0\r\n\r\n"), "too large");
  EXPECT_EQ(read("HTTP/1.1 200 " + std::string(ClientAnswerReader::kHeadBytesMax, 'x')), "too large");
  const std::string fits = "A: " + std::string(ClientAnswerReader::kHeadBytesMax / 2, 'x') + "\r\n";
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\n" + fits + "Content-Length: 0\r\n\r\n"), "200 ");
}

TEST(ClientAnswerReader, WhatStandsAroundChunksIsLimited) {
  const std::string begin = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string extension(codec::kChunkExtensionBytesMax, 'x');
  EXPECT_EQ(read(begin + "1;" + extension + extension), "garbage");
  EXPECT_EQ(read(begin + "1;" + extension.substr(2)), "more");
  const std::string trailer = "A: " + std::string(codec::HttpLimits().head_bytes_max, 'x');
  EXPECT_EQ(read_bytewise(begin + "0\r\n" + trailer), "garbage");
}

TEST(ClientAnswerReader, MutatedAnswersNeverHangOrPassTheLimit) {
  const std::vector<std::string> originals = {
      with_length(20), in_chunks_of_ten(25), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n"};
  const uint64_t seed = 20'261'120;
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  for (int round = 0; round < 100'000; ++round) {
    std::string bytes = originals[random.below(originals.size())];
    for (uint64_t change = random.below(4); change > 0; --change) {
      const size_t at = random.below(bytes.size());
      switch (random.below(3)) {
        case 0:
          bytes[at] = static_cast<char>(random.below(256));
          break;
        case 1:
          bytes.erase(at, 1);
          break;
        default:
          bytes.insert(at, bytes.substr(random.below(bytes.size()), random.below(10)));
      }
    }
    ClientAnswerReader reader(kBodyMax, false);
    std::optional<ClientFailure> failure;
    for (std::string_view rest = bytes; !rest.empty() && !failure && !reader.done();) {
      const size_t n = std::min<size_t>(1 + random.below(8), rest.size());
      failure = reader.feed(rest.substr(0, n));
      rest.remove_prefix(n);
    }
    if (!failure && !reader.done()) failure = reader.end();
    ASSERT_TRUE(failure || reader.done()) << bytes;
    if (failure) continue;
    ASSERT_LE(reader.take().body.size(), kBodyMax) << bytes;
  }
}

TEST(ClientAnswerReader, InterimAnswersAreLimited) {
  const std::string last = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  std::string interim;
  for (int i = 0; i < ClientAnswerReader::kInterimMax; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(read(interim + last), "200 ");
  EXPECT_EQ(read("HTTP/1.1 100 Continue\r\n\r\n" + interim + last), "garbage");
  EXPECT_EQ(read("HTTP/1.1 101 Switching Protocols\r\n\r\n"), "garbage");
}

TEST(ClientAnswerReader, GarbageIsToldAtOnce) {
  const std::vector<std::string> cases = {
      "S",
      "SSH-2.0-OpenSSH_9.2",
      "HTTP/2",
      "\r\n",
      std::string(1, '\0'),
      "HTTP/1.2 200 OK\r\n\r\n",
      "HTTP/1.1 abc\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n",
  };
  for (const std::string& bytes : cases) {
    EXPECT_EQ(read(bytes), "garbage") << bytes;
    EXPECT_EQ(read_bytewise(bytes), "garbage") << bytes;
  }
  EXPECT_EQ(read("HTTP/1.1 200 OK\nContent-Length: 0\n\n"), "garbage");
}

TEST(ClientAnswerReader, ConnectionThatEndsWithinTheAnswerIsBroken) {
  const std::string lengthy = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell";
  for (size_t cut = 0; cut <= lengthy.size(); ++cut) EXPECT_EQ(read_to_end(lengthy.substr(0, cut)), "broken") << cut;
  EXPECT_EQ(read_to_end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"), "broken");
  EXPECT_EQ(read_to_end("HTTP/1.1 100 Continue\r\n\r\n"), "broken");
}

TEST(ClientAnswerReader, BytesBehindTheAnswerForbidReuse) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n"), "200 x|close");
}

TEST(ClientFailure, EveryOneHasAName) {
  for (int i = 0; i < kClientFailureCount; ++i) EXPECT_FALSE(to_string(static_cast<ClientFailure>(i)).empty()) << i;
}

}  // namespace
}  // namespace discovery::net
