// The page as a browser gets it: over the wire, from the real binary. What it does in a browser: tests/page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/daemon.h"
#include "integration/deadline.h"

namespace discovery::integration {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kBrowser = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n";

TEST(Page, IsAnsweredToBrowsersAndTheTextToOthers) {
  Daemon daemon;
  const Answer page = daemon.get("/", kBrowser);
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.field("content-type"), "text/html; charset=utf-8");
  EXPECT_THAT(page.body, StartsWith("<!doctype html>"));
  const Answer text = daemon.get("/", "Accept: */*\r\n");
  EXPECT_EQ(text.field("content-type"), "text/plain; charset=utf-8");
  EXPECT_THAT(text.body, StartsWith("discoveryd: "));
  EXPECT_THAT(daemon.get("/").body, StartsWith("discoveryd: "));
}

TEST(Page, EveryAnswerCarriesThePolicy) {
  Daemon daemon;
  for (const std::string path : {"/", "/page/main.js", "/page/style.css", "/page/icon.svg", "/page/none"}) {
    const Answer answer = daemon.get(path, kBrowser);
    EXPECT_THAT(answer.field("content-security-policy"), StartsWith("default-src 'none'; script-src 'self'")) << path;
    EXPECT_EQ(answer.field("x-content-type-options"), "nosniff") << path;
    EXPECT_EQ(answer.field("referrer-policy"), "no-referrer") << path;
  }
}

TEST(Page, AFileIsSentOnceAndThenConfirmed) {
  Daemon daemon;
  for (const std::string coding : {"", "Accept-Encoding: gzip\r\n"}) {
    Connection connection(daemon.api());
    connection.send(get_request("/page/vendor/uplot/uPlot.esm.js", coding));
    const Answer first = connection.read_answer();
    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(first.field("content-type"), "text/javascript; charset=utf-8");
    EXPECT_EQ(first.field("content-encoding"), coding.empty() ? "" : "gzip");
    connection.send(
        get_request("/page/vendor/uplot/uPlot.esm.js", coding + "If-None-Match: " + first.field("etag") + "\r\n"));
    const Answer second = connection.read_answer(Deadline(), true);  // like the answer to a HEAD, it has no body
    EXPECT_EQ(second.status, 304);
    EXPECT_EQ(second.field("etag"), first.field("etag"));
    connection.send(get_request("/healthz"));
    EXPECT_EQ(connection.read_answer().body, "ok\n") << "the connection goes on";
  }
}

TEST(Page, HeadTellsWhatGetWould) {
  Daemon daemon;
  Connection connection(daemon.api());
  connection.send("HEAD /page/main.js HTTP/1.1\r\nHost: x\r\n\r\n");
  const Answer head = connection.read_answer(Deadline(), true);
  const Answer get = daemon.get("/page/main.js");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.field("content-length"), std::to_string(get.body.size()));
  EXPECT_EQ(head.field("etag"), get.field("etag"));
  EXPECT_EQ(head.field("content-type"), get.field("content-type"));
}

TEST(Page, NothingButItsFilesIsThere) {
  Daemon daemon;
  for (const std::string path : {"/page/", "/page/index.htm", "/page/main.js/", "/page/vendor/", "/page/%2e%2e%2fetc",
                                 "/page/..%2f..%2fetc%2fpasswd", "/page/main.js%00", "/page/%FF", "/page",
                                 "/page/..%2fpage", "/page/vendor/uplot/README.md"}) {
    const int status = daemon.get(path).status;
    EXPECT_TRUE(status == 404 || status == 400) << path << ": " << status;
  }
  // A path is cleaned before it is looked up, so this is another name of `/`, whatever it looks like.
  EXPECT_THAT(daemon.get("/page/..%2f").body, Not(HasSubstr("root:")));
  EXPECT_EQ(daemon.get("/page/" + std::string(10'000, 'x')).status, 404);
}

TEST(Page, OnlyReadsAreAnswered) {
  Daemon daemon;
  EXPECT_EQ(daemon.post("/page/main.js").status, 405);
  EXPECT_EQ(daemon.post("/", "", kBrowser).status, 405);
}

TEST(Page, IsCountedUnderItsRoute) {
  Daemon daemon;
  EXPECT_EQ(daemon.get("/page/main.js").status, 200);
  EXPECT_EQ(daemon.get("/page/none").status, 404);
  EXPECT_TRUE(daemon.eventually_counts(R"(discovery_http_requests_total{route="/page/",code="200"})", 1));
  EXPECT_TRUE(daemon.eventually_counts(R"(discovery_http_requests_total{route="/page/",code="404"})", 1));
}

}  // namespace
}  // namespace discovery::integration
