// What our scanner accepts, Boost.Beast's parser accepts too, and reads the same from it. (Not the other way round:
// Beast lets pass what smuggles requests, see engineering.md 4.)
#include <gtest/gtest.h>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <string>

#include "base/random.h"
#include "codec/text.h"
#include "unit/codec/http_reader_harness.h"

namespace discovery::codec {
namespace {

namespace http = boost::beast::http;

struct Seen {
  std::string method;
  std::string target;
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields;
  unsigned version = 0;
};

/// Empty when Beast wants more or refuses.
std::optional<Seen> read_by_beast(std::string_view bytes, std::string& fault) {
  http::request_parser<http::string_body> parser;
  parser.header_limit(UINT32_MAX);
  parser.body_limit(UINT64_MAX);
  boost::system::error_code error;
  const auto put_until = [&](bool (http::request_parser<http::string_body>::*reached)() const) {
    while (!(parser.*reached)() && !bytes.empty() && !error) {
      const size_t used = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
      if (used == 0) break;
      bytes.remove_prefix(used);
    }
  };
  Seen seen;
  put_until(&http::request_parser<http::string_body>::is_header_done);
  // Now, since trailers are put among the fields later.
  for (const auto& field : parser.get()) seen.fields.emplace_back(field.name_string(), field.value());
  parser.eager(true);
  put_until(&http::request_parser<http::string_body>::is_done);
  if (!parser.is_done()) {
    fault = error.message();
    return std::nullopt;
  }
  const auto& message = parser.get();
  seen.method = std::string(message.method_string());
  seen.target = std::string(message.target());
  seen.body = message.body();
  seen.version = message.version();
  return seen;
}

/// Beast keeps fields of one name together; so do we, for the comparison.
std::vector<std::pair<std::string, std::string>> grouped(std::vector<std::pair<std::string, std::string>> fields) {
  const auto lower = [](std::string text) {
    for (char& c : text) c = ascii_lower(c);
    return text;
  };
  std::stable_sort(fields.begin(), fields.end(),
                   [&](const auto& a, const auto& b) { return lower(a.first) < lower(b.first); });
  return fields;
}

struct Tally {
  int accepted = 0;
  int refused = 0;
};

bool has_token_list(const ReadRequest& request) {
  for (const auto& [name, value] : request.fields) {
    for (const char* checked : {"Connection", "Proxy-Connection", "Upgrade"}) {
      if (equals_ignoring_case(name, checked)) return true;
    }
  }
  return false;
}

/// Compares the first request of `bytes`.
void compare(const std::string& bytes, Tally& tally) {
  HttpLimits limits;
  HttpHead head;
  HttpProblem problem;
  const size_t empty = std::min(bytes.find_first_not_of("\r\n"), bytes.size());
  const std::string trimmed = bytes.substr(empty);  // Beast takes no leading empty line
  const ReadOutcome ours = read_whole(trimmed);
  if (ours.requests.empty()) {
    ++tally.refused;
    return;
  }
  ++tally.accepted;
  ASSERT_EQ(parse_head(trimmed, limits, head, problem), HeadStatus::kComplete);
  std::string fault;
  const std::optional<Seen> theirs = read_by_beast(trimmed, fault);
  // Extensions are skipped without a look at their grammar, which cannot move the end of the request.
  if (!theirs && fault == "bad chunk extension") return;
  // Trailers are dropped whatever their names; Beast reads them as fields.
  if (!theirs && head.chunked && (fault == "bad Content-Length" || fault == "bad Transfer-Encoding")) return;
  // What is no token in a list of Connection or Upgrade says nothing to us.
  if (!theirs && fault == "bad value" && has_token_list(ours.requests.front())) return;
  ASSERT_TRUE(theirs) << fault << "\n" << trimmed;
  const ReadRequest& request = ours.requests.front();
  EXPECT_EQ(trimmed.substr(0, theirs->method.size() + 1), theirs->method + " ");
  EXPECT_NE(theirs->target.find(std::string(head.path == "/" ? "" : head.path)), std::string::npos) << trimmed;
  EXPECT_EQ(theirs->target.substr(theirs->target.size() - request.query.size()), request.query) << trimmed;
  EXPECT_EQ(theirs->version, 10u + static_cast<unsigned>(request.version_minor)) << trimmed;
  EXPECT_EQ(theirs->body, request.body) << trimmed;
  EXPECT_EQ(grouped(theirs->fields), grouped(request.fields)) << trimmed;
}

std::vector<std::string> seeds() {
  return {
      "GET /discovery/fetch?appid=a&env=b HTTP/1.1\r\nHost: a:80\r\nUser-Agent: x\r\n\r\n",
      "GET http://h/a?b HTTP/1.1\r\nHost: a\r\nConnection: close, foo\r\n\r\n",
      "POST /discovery/renew HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nX: \t y \r\n\r\nappid=a&b=c",
      "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;e=f\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost:\r\nTransfer-Encoding: Chunked\r\n\r\na\r\n0123456789\r\n00\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: [::1]\r\nX: 1\r\nx: 2\r\nX-Empty:\r\n\r\n",
      "BREW / HTTP/1.0\r\n\r\n",
      "PUT /\xc3\xa4/%20?\xff HTTP/1.1\r\nhost: a\r\nX: \xfe\xff\r\nContent-Length: 0\r\n\r\n",
  };
}

/// One small change of the kind that parsers disagree about.
void mutate(std::string& bytes, SeededRandom& random) {
  static const char* const kPieces[] = {"\r\n",
                                        "\r",
                                        "\n",
                                        " ",
                                        "\t",
                                        ":",
                                        ",",
                                        ";",
                                        "0",
                                        "1",
                                        "a",
                                        "\x7f",
                                        "\xff",
                                        "Content-Length: 1\r\n",
                                        "Transfer-Encoding: chunked\r\n",
                                        "Host: b\r\n",
                                        "Expect: 100-continue\r\n",
                                        "Connection: close\r\n",
                                        "HTTP/1.1",
                                        "X: y\r\n",
                                        "\r\n ",
                                        "/",
                                        "?",
                                        "%41",
                                        "*"};
  const size_t at = random.below(bytes.size() + 1);
  switch (random.below(4)) {
    case 0:
      bytes.insert(at, kPieces[random.below(std::size(kPieces))]);
      break;
    case 1:
      bytes.erase(at, 1 + random.below(3));
      break;
    case 2:
      if (at < bytes.size()) bytes[at] = static_cast<char>(random.below(256));
      break;
    default:
      if (at < bytes.size()) bytes.insert(at, bytes.substr(at, 1 + random.below(12)));
  }
  if (bytes.empty()) bytes = "G";
}

TEST(BeastDifferential, SeedsAreReadAlike) {
  Tally tally;
  for (const std::string& seed : seeds()) compare(seed, tally);
  EXPECT_EQ(tally.refused, 0);
}

TEST(BeastDifferential, WhatWeAcceptBeastReadsAlike) {
  constexpr uint64_t kSeed = 31337;
  SeededRandom random(kSeed);
  const std::vector<std::string> corpus = seeds();
  Tally tally;
  for (int round = 0; round < 60'000; ++round) {
    std::string bytes = corpus[random.below(corpus.size())];
    for (uint64_t i = 1 + random.below(3); i > 0; --i) mutate(bytes, random);
    compare(bytes, tally);
    if (testing::Test::HasFailure()) FAIL() << "seed " << kSeed << " round " << round;
  }
  EXPECT_GT(tally.accepted, 5'000) << "else the comparison says little";
  EXPECT_GT(tally.refused, 5'000);
}

}  // namespace
}  // namespace discovery::codec
