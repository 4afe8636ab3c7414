// What a request head must look like, and what it must not: the smuggling corpus of security.md 1.
#include "codec/http_head.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/codec/http_reader_harness.h"

namespace discovery::codec {
namespace {

using std::string_literals::operator""s;

struct Case {
  const char* name;
  std::string bytes;
  int status;  ///< 0: accepted
};

const std::string kHost = "Host: a\r\n";

std::string get_with(const std::string& fields) { return "GET /x HTTP/1.1\r\n" + fields + "\r\n"; }
std::string post_with(const std::string& fields, const std::string& body) {
  return "POST /x HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}

std::vector<Case> request_line_cases() {
  return {
      {"origin form", "GET /a/b?c=d HTTP/1.1\r\nHost: a\r\n\r\n", 0},
      {"absolute form", "GET http://h:1/a?b HTTP/1.1\r\nHost: a\r\n\r\n", 0},
      {"absolute form, no path", "GET HTTP://h HTTP/1.1\r\nHost: a\r\n\r\n", 0},
      {"absolute form, query only", "GET https://h?q HTTP/1.1\r\nHost: a\r\n\r\n", 0},
      {"absolute form, no authority", "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"absolute form, another scheme", "GET ftp://h/a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"asterisk form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 0},
      {"asterisk form with GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"authority form", "CONNECT h:1 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"unknown method", "BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n", 0},
      {"empty method", " / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"method with a separator", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"two blanks after the method", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"two blanks before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"tab after the method", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"blank in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"NUL in the target", "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"s, 400},
      {"DEL in the target", "GET /a\x7f HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"raw UTF-8 in the target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 0},
      {"broken escape in the path", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"escaped NUL in the path", "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"HTTP/0.9", "GET /\r\n\r\n", 400},
      {"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 0},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
      {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"HTTP/1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
      {"lower-case protocol", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"blank after the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
      {"TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc"s, 400},
      {"bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
      {"bare CR in the request line", "GET / HTTP/1.1\rHost: a\r\n\r\n", 400},
  };
}

std::vector<Case> field_cases() {
  return {
      {"plain", get_with(kHost), 0},
      {"no Host", get_with("X: y\r\n"), 400},
      {"two Host", get_with(kHost + "Host: b\r\n"), 400},
      {"two equal Host", get_with(kHost + kHost), 400},
      {"two Host in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"empty Host", get_with("Host:\r\n"), 0},
      {"Host with a port", get_with("Host: [::1]:80\r\n"), 0},
      {"Host with a path", get_with("Host: a/b\r\n"), 400},
      {"Host with a blank", get_with("Host: a b\r\n"), 400},
      {"blanks around a value", get_with(kHost + "X: \t y \t\r\n"), 0},
      {"empty value", get_with(kHost + "X:\r\n"), 0},
      {"bytes above 0x7f in a value", get_with(kHost + "X: \xff\xfe\r\n"), 0},
      {"NUL in a value", get_with(kHost + "X: a\0b\r\n"s), 400},
      {"control character in a value", get_with(kHost + "X: a\x01\r\n"), 400},
      {"DEL in a value", get_with(kHost + "X: a\x7f\r\n"), 400},
      {"bare LF after a field", get_with("Host: a\nX: y\r\n"), 400},
      {"bare CR in a value", get_with(kHost + "X: a\rb\r\n"), 400},
      {"CR CR LF", get_with(kHost + "X: a\r\r\n"), 400},
      {"bare LF at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
      {"blank before the colon", get_with(kHost + "X : y\r\n"), 400},
      {"tab before the colon", get_with(kHost + "X\t: y\r\n"), 400},
      {"empty name", get_with(kHost + ": y\r\n"), 400},
      {"no colon", get_with(kHost + "Xy\r\n"), 400},
      {"blank in a name", get_with(kHost + "X y: z\r\n"), 400},
      {"UTF-8 in a name", get_with(kHost + "X\xc3\xa4: z\r\n"), 400},
      {"folded by a blank", get_with(kHost + "X: a\r\n b\r\n"), 400},
      {"folded by a tab", get_with(kHost + "X: a\r\n\tb\r\n"), 400},
      {"folded first line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"folded blank line", get_with(kHost + "X: a\r\n \r\n"), 400},
      {"unknown expectation", get_with(kHost + "Expect: tea\r\n"), 417},
      {"known expectation", get_with(kHost + "Expect: 100-Continue\r\n"), 0},
      {"expectation from HTTP/1.0", "GET / HTTP/1.0\r\nExpect: tea\r\n\r\n", 0},
      {"Upgrade", get_with(kHost + "Connection: Upgrade\r\nUpgrade: h2c\r\n"), 0},
  };
}

std::vector<Case> framing_cases() {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const std::string end = "0\r\n\r\n";
  return {
      {"length", post_with("Content-Length: 3\r\n", "abc"), 0},
      {"length with leading zeros", post_with("Content-Length: 003\r\n", "abc"), 0},
      {"length of nothing", post_with("Content-Length: 0\r\n", ""), 0},
      {"empty length", post_with("Content-Length:\r\n", ""), 400},
      {"two lengths", post_with("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), 400},
      {"two equal lengths", post_with("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), 400},
      {"list of lengths", post_with("Content-Length: 3, 3\r\n", "abc"), 400},
      {"list of lengths, no blank", post_with("Content-Length: 3,3\r\n", "abc"), 400},
      {"positive sign", post_with("Content-Length: +3\r\n", "abc"), 400},
      {"negative length", post_with("Content-Length: -3\r\n", "abc"), 400},
      {"hexadecimal length", post_with("Content-Length: 0x3\r\n", "abc"), 400},
      {"fraction", post_with("Content-Length: 3.0\r\n", "abc"), 400},
      {"blank within a length", post_with("Content-Length: 3 3\r\n", "abc"), 400},
      {"length beyond 64 bits", post_with("Content-Length: 18446744073709551616\r\n", ""), 413},
      {"length far beyond 64 bits, then a letter", post_with("Content-Length: 99999999999999999999999x\r\n", ""), 400},
      {"length of 64 bits", post_with("Content-Length: 18446744073709551615\r\n", ""), 413},
      {"chunked", post_with(chunked, end), 0},
      {"Chunked", post_with("Transfer-Encoding: \tChunked \r\n", end), 0},
      {"chunked and a length", post_with(chunked + "Content-Length: 3\r\n", end), 400},
      {"a length and chunked", post_with("Content-Length: 5\r\n" + chunked, end), 400},
      {"chunked and an overlong length", post_with(chunked + "Content-Length: 99999999999999999999\r\n", end), 400},
      {"chunked twice", post_with(chunked + chunked, end), 400},
      {"chunked, chunked", post_with("Transfer-Encoding: chunked, chunked\r\n", end), 400},
      {"chunked, identity", post_with("Transfer-Encoding: chunked, identity\r\n", end), 400},
      {"identity, chunked", post_with("Transfer-Encoding: identity, chunked\r\n", end), 400},
      {"gzip, chunked", post_with("Transfer-Encoding: gzip, chunked\r\n", end), 400},
      {"identity", post_with("Transfer-Encoding: identity\r\n", ""), 400},
      {"xchunked", post_with("Transfer-Encoding: xchunked\r\n", end), 400},
      {"chunkedx", post_with("Transfer-Encoding: chunkedx\r\n", end), 400},
      {"chunked with a parameter", post_with("Transfer-Encoding: chunked;q=1\r\n", end), 400},
      {"quoted chunked", post_with("Transfer-Encoding: \"chunked\"\r\n", end), 400},
      {"empty coding", post_with("Transfer-Encoding:\r\n", end), 400},
      {"comma after chunked", post_with("Transfer-Encoding: chunked,\r\n", end), 400},
      {"vertical tab before chunked",
       post_with("Transfer-Encoding: \x0b"
                 "chunked\r\n",
                 end),
       400},
      {"blank before the colon of the coding", post_with("Transfer-Encoding : chunked\r\n", end), 400},
      {"folded coding", post_with("Transfer-Encoding:\r\n chunked\r\n", end), 400},
      {"chunked in HTTP/1.0", "POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"two codings, one unknown", post_with("Transfer-Encoding: cow\r\n" + chunked, end), 400},
  };
}

void expect_all(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const ReadOutcome outcome = read_whole(c.bytes);
    EXPECT_EQ(outcome.problem_status, c.status) << c.name << ": " << outcome.problem_reason;
    EXPECT_EQ(outcome.requests.size(), c.status == 0 ? 1u : 0u) << c.name;
    EXPECT_EQ(outcome.unread, 0u) << c.name;
    for (size_t piece = 1; piece <= 3; ++piece) {
      EXPECT_EQ(read_in_pieces(c.bytes, piece).requests, outcome.requests) << c.name << " in pieces of " << piece;
      EXPECT_EQ(read_in_pieces(c.bytes, piece).problem_status, c.status) << c.name << " in pieces of " << piece;
    }
  }
}

TEST(HttpHead, RequestLineIsStrict) { expect_all(request_line_cases()); }
TEST(HttpHead, FieldLinesAreStrict) { expect_all(field_cases()); }
TEST(HttpHead, FramingHasOneReading) { expect_all(framing_cases()); }

TEST(HttpHead, SmugglingCorpusIsLargeEnough) {
  EXPECT_GE(request_line_cases().size() + field_cases().size() + framing_cases().size(), 60u);
}

TEST(HttpHead, Http2PrefaceWithATargetIsToldTheVersion) {
  EXPECT_EQ(read_whole("GET / HTTP/2.0\r\n").problem_status, 505) << "before the head is whole";
}

TEST(HttpHead, GivesEveryPart) {
  const auto outcome = read_whole(
      "POST /discovery/register?a=b&c=%64 HTTP/1.1\r\nHost: h\r\ncOnTeNt-TyPe:  text/plain \r\n"
      "Content-Length: 2\r\nX-Empty:\r\n\r\nhi");
  ASSERT_EQ(outcome.requests.size(), 1u);
  const ReadRequest& r = outcome.requests[0];
  EXPECT_EQ(r.method, Method::kPost);
  EXPECT_EQ(r.path, "/discovery/register");
  EXPECT_EQ(r.query, "a=b&c=%64");
  EXPECT_EQ(r.body, "hi");
  EXPECT_EQ(r.content_type, "text/plain");
  EXPECT_EQ(r.version_minor, 1);
  EXPECT_TRUE(r.keep_alive);
  const std::vector<std::pair<std::string, std::string>> fields = {
      {"Host", "h"}, {"cOnTeNt-TyPe", "text/plain"}, {"Content-Length", "2"}, {"X-Empty", ""}};
  EXPECT_EQ(r.fields, fields);
}

TEST(HttpHead, KnowsTheMethods) {
  const std::pair<const char*, Method> methods[] = {
      {"GET", Method::kGet},       {"POST", Method::kPost},       {"HEAD", Method::kHead},   {"PUT", Method::kPut},
      {"DELETE", Method::kDelete}, {"OPTIONS", Method::kOptions}, {"PATCH", Method::kPatch}, {"get", Method::kOther},
      {"GETT", Method::kOther},    {"X", Method::kOther}};
  for (const auto& [name, method] : methods) {
    const auto outcome = read_whole(std::string(name) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_EQ(outcome.requests.size(), 1u) << name;
    EXPECT_EQ(outcome.requests[0].method, method) << name;
  }
}

TEST(HttpHead, CleansThePathOnlyWhenItMust) {
  const std::pair<const char*, const char*> paths[] = {
      {"/a/b", "/a/b"},     {"/a//b", "/a/b"},      {"/a/./b", "/a/b"},
      {"/a/../b", "/b"},    {"/%61", "/a"},         {"/a/", "/a/"},
      {"/a.b/c", "/a.b/c"}, {"/a+b", "/a+b"},       {"http://h/x//y", "/x/y"},
      {"http://h", "/"},    {"/../../etc", "/etc"}, {"/~a_b-c.d", "/~a_b-c.d"}};
  for (const auto& [target, path] : paths) {
    const auto outcome = read_whole("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_EQ(outcome.requests.size(), 1u) << target;
    EXPECT_EQ(outcome.requests[0].path, path) << target;
  }
}

TEST(HttpHead, AsteriskFormKeepsTheAsterisk) {
  const auto outcome = read_whole("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_EQ(outcome.requests.size(), 1u);
  EXPECT_EQ(outcome.requests[0].path, "*");
}

TEST(HttpHead, ConnectionTokensDecideKeepAlive) {
  const std::pair<const char*, bool> fields[] = {{"Connection: close\r\n", false},
                                                 {"Connection: Close\r\n", false},
                                                 {"Connection: keep-alive\r\n", true},
                                                 {"Connection: foo , CLOSE\r\n", false},
                                                 {"Connection: closed\r\n", true},
                                                 {"Connection: ,,close\r\n", false},
                                                 {"Connection: keep-alive\r\nConnection: close\r\n", false},
                                                 {"X-Connection: close\r\n", true}};
  for (const auto& [field, keep_alive] : fields) {
    const auto outcome = read_whole(get_with(kHost + field));
    ASSERT_EQ(outcome.requests.size(), 1u) << field;
    EXPECT_EQ(outcome.requests[0].keep_alive, keep_alive) << field;
  }
  const auto old = read_whole("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_EQ(old.requests.size(), 1u);
  EXPECT_FALSE(old.requests[0].keep_alive) << "HTTP/1.0 is answered and closed";
}

TEST(HttpHead, CountsFieldsUpToTheLimit) {
  const auto with_fields = [](int n) {
    std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 1; i < n; ++i) head += "X" + std::to_string(i) + ": y\r\n";
    return head + "\r\n";
  };
  EXPECT_EQ(read_whole(with_fields(100)).requests.size(), 1u);
  EXPECT_EQ(read_whole(with_fields(101)).problem_status, 431);
}

TEST(HttpHead, CountsBytesUpToTheLimit) {
  const auto head_of = [](size_t bytes) {
    const std::string begin = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    return begin + std::string(bytes - begin.size() - 4, 'x') + "\r\n\r\n";
  };
  const size_t max = HttpLimits().head_bytes_max;
  ASSERT_EQ(max, 256u * 1024);
  EXPECT_EQ(read_whole(head_of(max)).requests.size(), 1u);
  EXPECT_EQ(read_whole(head_of(max + 1)).problem_status, 431);
  EXPECT_EQ(read_in_pieces(head_of(max), 1000).requests.size(), 1u);
  EXPECT_EQ(read_in_pieces(head_of(max + 1), 1000).problem_status, 431);
}

TEST(HttpHead, TooLargeIsSaidBeforeTheHeadEnds) {
  const HttpLimits limits{.head_bytes_max = 64, .fields_max = 100, .body_bytes_max = 10};
  EXPECT_EQ(read_whole("GET /" + std::string(58, 'x'), limits).problem_status, 0) << "63 bytes may still end";
  EXPECT_EQ(read_whole("GET /" + std::string(59, 'x'), limits).problem_status, 431) << "64 without an end may not";
  EXPECT_EQ(read_in_pieces("GET /" + std::string(59, 'x'), 1, limits).problem_status, 431);
  EXPECT_EQ(read_in_pieces(std::string(64, 'G'), 7, limits).problem_status, 431) << "not even a method";
}

TEST(HttpHead, DeclaredBodyIsCheckedAgainstTheLimit) {
  const HttpLimits limits{.head_bytes_max = 1000, .fields_max = 100, .body_bytes_max = 10};
  EXPECT_EQ(read_whole(post_with("Content-Length: 10\r\n", "0123456789"), limits).requests.size(), 1u);
  EXPECT_EQ(read_whole(post_with("Content-Length: 11\r\n", ""), limits).problem_status, 413)
      << "before a byte of the body has come";
}

}  // namespace
}  // namespace discovery::codec
