#include "codec/chunked.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/codec/http_reader_harness.h"

namespace discovery::codec {
namespace {

constexpr HttpLimits kSmall{.head_bytes_max = 100, .fields_max = 3, .body_bytes_max = 20};

struct Decoded {
  ChunkedDecoder::Status status = ChunkedDecoder::Status::kMore;
  std::string body;
  size_t consumed = 0;
  int problem = 0;
  bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view bytes, size_t piece, const HttpLimits& limits = kSmall) {
  ChunkedDecoder decoder;
  Decoded out;
  while (!bytes.empty() && out.status == ChunkedDecoder::Status::kMore) {
    std::string part(bytes.substr(0, piece));
    HttpProblem problem;
    const auto outcome = decoder.decode(part, limits, problem);
    out.status = outcome.status;
    out.body += part.substr(0, outcome.produced);
    out.consumed += outcome.consumed;
    out.problem = problem.status;
    bytes.remove_prefix(part.size());
  }
  EXPECT_EQ(decoder.body_bytes(), out.body.size());
  return out;
}

/// The status expected of the whole; 0: a whole body of that text.
void expect_body(const std::string& bytes, const std::string& body, int status, const HttpLimits& limits = kSmall) {
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    const Decoded d = decode(bytes, piece, limits);
    ASSERT_EQ(d.problem, status) << bytes << " in pieces of " << piece;
    if (status != 0) continue;
    ASSERT_EQ(d.status, ChunkedDecoder::Status::kDone) << bytes << " in pieces of " << piece;
    ASSERT_EQ(d.body, body) << bytes << " in pieces of " << piece;
  }
}

TEST(Chunked, JoinsChunksSplitAnywhere) {
  expect_body("0\r\n\r\n", "", 0);
  expect_body("3\r\nabc\r\n0\r\n\r\n", "abc", 0);
  expect_body("3\r\nabc\r\nA\r\n0123456789\r\n1\r\n\r\r\n000\r\n\r\n", "abc0123456789\r", 0);
  expect_body("2;a=b;c\r\nhi\r\n0;x\r\nX: y\r\nEmpty:\r\n\r\n", "hi", 0);
}

TEST(Chunked, LeavesWhatFollows) {
  const Decoded d = decode("1\r\nx\r\n0\r\n\r\nGET /", 100);
  EXPECT_EQ(d.status, ChunkedDecoder::Status::kDone);
  EXPECT_EQ(d.consumed, 11u);
}

TEST(Chunked, RefusesEveryOtherFraming) {
  const char* const bad[] = {
      "\r\n",                     // no size
      ";x\r\n",                   // no size before an extension
      " 3\r\nabc\r\n",            // blank before
      "3 \r\nabc\r\n",            // blank after
      "3 ;x\r\nabc\r\n",          // blank before an extension
      "+3\r\nabc\r\n",            // sign
      "-3\r\nabc\r\n",            // sign
      "0x3\r\nabc\r\n",           // prefix
      "g\r\n",                    // no hexadecimal digit
      "3\nabc\r\n0\r\n\r\n",      // bare LF after the size
      "3\rabc\r\n",               // bare CR after the size
      "3;\nabc\r\n",              // bare LF in an extension
      "3;a=\"b\"\r\nabc\r\n",     // quoted extension
      "3;a=\"\r\nabc\r\n",        // quote left open
      "3;\x01\r\nabc\r\n",        // control character in an extension
      "3\r\nabc\n0\r\n\r\n",      // bare LF after the data
      "3\r\nabcd\r\n0\r\n\r\n",   // longer than said
      "3\r\nab\r\n0\r\n\r\n",     // shorter than said
      "3\r\nabc\rx",              // CR and something else
      "0\r\nX : y\r\n\r\n",       // blank before the colon of a trailer
      "0\r\n: y\r\n\r\n",         // trailer without a name
      "0\r\nXy\r\n\r\n",          // trailer without a colon
      "0\r\nX: y\r\n z\r\n\r\n",  // folded trailer
      "0\r\nX: \x01\r\n\r\n",     // control character in a trailer
      "0\r\nX: y\n\r\n",          // bare LF after a trailer
      "0\r\nX: y\rz",             // bare CR in a trailer
      "0\r\n\rx",                 // bare CR at the end
      "0\r\n\n",                  // bare LF at the end
  };
  for (const char* bytes : bad) expect_body(bytes, "", 400);
}

TEST(Chunked, LimitsTheBodyBeforeItComes) {
  expect_body("14\r\n01234567890123456789\r\n0\r\n\r\n", "01234567890123456789", 0);
  expect_body("15\r\n", "", 413);
  expect_body("a\r\n0123456789\r\nb\r\n", "", 413);
  expect_body("ffffffffffffffff\r\n", "", 413);
}

TEST(Chunked, LimitsTheDigitsOfASize) {
  expect_body("0000000000000003\r\nabc\r\n0\r\n\r\n", "abc", 0);
  expect_body("00000000000000003\r\nabc\r\n0\r\n\r\n", "", 400);
}

TEST(Chunked, LimitsExtensionsOverTheWholeBody) {
  const auto with_extensions = [](size_t bytes) {
    return "1;" + std::string(bytes / 2, 'x') + "\r\na\r\n0;" + std::string(bytes - bytes / 2, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(decode(with_extensions(kChunkExtensionBytesMax), 1000).status, ChunkedDecoder::Status::kDone);
  EXPECT_EQ(decode(with_extensions(kChunkExtensionBytesMax + 1), 1000).problem, 400);
}

TEST(Chunked, LimitsTrailers) {
  expect_body("0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", "", 0);
  expect_body("0\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n", "", 431);
  const auto of_bytes = [](size_t n) { return "0\r\nA:" + std::string(n - 6, 'x') + "\r\n\r\n"; };
  EXPECT_EQ(decode(of_bytes(100), 7).status, ChunkedDecoder::Status::kDone);
  EXPECT_EQ(decode(of_bytes(101), 7).problem, 431);
}

}  // namespace
}  // namespace discovery::codec
