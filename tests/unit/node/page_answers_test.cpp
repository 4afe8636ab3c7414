#include "node/page_answers.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "codec/gzip.h"
#include "page/assets.h"

namespace discovery::node {
namespace {

struct Asked {
  std::string path = "/page/main.js";
  std::vector<codec::HttpField> fields = {};
  bool gzip = false;
};

/// The status; 0: it is not for the page.
int answer(const Asked& asked, codec::HttpReply& reply) {
  const codec::ClientAddress client{.ip = "10.0.0.9", .port = 1, .loopback = false};
  codec::HttpRequest request;
  request.path = asked.path;
  request.fields = asked.fields;
  request.accepts_gzip = asked.gzip;
  request.client = &client;
  const OperatorRoute route = asked.path == "/"                  ? OperatorRoute::kIndex
                              : asked.path.starts_with("/page/") ? OperatorRoute::kPage
                                                                 : OperatorRoute::kHealth;
  return answer_page(route, request, reply).value_or(0);
}

bool has(const codec::HttpReply& reply, std::string_view header) {
  return reply.headers().find(header) != std::string_view::npos;
}

TEST(AcceptsHtml, OnlyWhatNamesIt) {
  for (const std::string_view yes :
       {"text/html", "TEXT/HTML", "text/html,application/xhtml+xml,*/*;q=0.8", "*/*, text/html;q=0.1",
        " text/html ; level=1", "a/b,text/html;charset=utf-8;q=0.001"}) {
    EXPECT_TRUE(accepts_html(yes)) << yes;
  }
  for (const std::string_view no : {"", "*/*", "text/*", "text/plain", "text/html5", "xtext/html", "text/html;q=0",
                                    "text/html; q=0.000", "text/html;level=1;Q=0", ",,;;,", "application/json"}) {
    EXPECT_FALSE(accepts_html(no)) << no;
  }
}

TEST(NamesTag, ComparesWeaklyAndKnowsTheStar) {
  EXPECT_TRUE(names_tag(R"("a")", R"("a")"));
  EXPECT_TRUE(names_tag(R"(W/"a")", R"("a")"));
  EXPECT_TRUE(names_tag(R"("b" , "a")", R"("a")"));
  EXPECT_TRUE(names_tag("*", R"("a")"));
  for (const std::string_view no : {"", "a", R"("b")", R"("a)", R"("a"b)", R"("A")", ",,,", R"("a"-gzip)"}) {
    EXPECT_FALSE(names_tag(no, R"("a")")) << no;
  }
}

TEST(PageAnswer, IsTheFileWithThePolicy) {
  codec::HttpReply reply;
  EXPECT_EQ(answer({}, reply), 200);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, "text/javascript; charset=utf-8");
  EXPECT_TRUE(reply.own_bytes() == page::find("main.js")->text);
  EXPECT_TRUE(has(reply,
                  "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
                  "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
                  "frame-ancestors 'none'\r\n"));
  EXPECT_TRUE(has(reply, "X-Content-Type-Options: nosniff\r\n"));
  EXPECT_TRUE(has(reply, "Referrer-Policy: no-referrer\r\n"));
  EXPECT_TRUE(has(reply, "Cache-Control: no-cache\r\n"));
  EXPECT_TRUE(has(reply, "Vary: Accept-Encoding\r\n"));
  EXPECT_FALSE(has(reply, "Content-Encoding"));
}

TEST(PageAnswer, GoesOutAsGzipToWhoTakesIt) {
  codec::HttpReply reply;
  EXPECT_EQ(answer({.gzip = true}, reply), 200);
  EXPECT_TRUE(has(reply, "Content-Encoding: gzip\r\n"));
  const auto text = codec::gunzip(reply.own_bytes());
  ASSERT_TRUE(text);
  EXPECT_TRUE(*text == page::find("main.js")->text);
  EXPECT_TRUE(has(reply, "ETag: " + std::string(page::find("main.js")->etag_gzip) + "\r\n"));
}

TEST(PageAnswer, TellsWhoHasItAlready) {
  const page::Asset& asset = *page::find("main.js");
  codec::HttpReply reply;
  EXPECT_EQ(answer({.fields = {{"If-None-Match", asset.etag}}}, reply), 304);
  EXPECT_EQ(reply.body_bytes(), 0u);
  EXPECT_TRUE(has(reply, "ETag: " + std::string(asset.etag) + "\r\n"));
  reply.clear();
  EXPECT_EQ(answer({.fields = {{"If-None-Match", asset.etag}}, .gzip = true}, reply), 200) << "other bytes";
  reply.clear();
  EXPECT_EQ(answer({.fields = {{"If-None-Match", "\"old\""}}}, reply), 200);
}

TEST(PageAnswer, UnknownFilesAreNotFound) {
  for (const std::string path : {"/page/", "/page/x.js", "/page/vendor", "/page/../index.html", "/page//main.js",
                                 "/page/main.js/", "/page/README.md", "/page/\xFF"}) {
    codec::HttpReply reply;
    EXPECT_EQ(answer({.path = path}, reply), 404) << path;
    EXPECT_EQ(reply.content_type, "text/plain; charset=utf-8");
    EXPECT_TRUE(has(reply, "Content-Security-Policy: ")) << path;
    EXPECT_TRUE(has(reply, "nosniff")) << path;
  }
}

TEST(PageAnswer, TheIndexIsForBrowsersAndTextForOthers) {
  codec::HttpReply reply;
  EXPECT_EQ(answer({.path = "/", .fields = {{"Accept", "text/html,*/*;q=0.8"}}}, reply), 200);
  EXPECT_EQ(reply.content_type, "text/html; charset=utf-8");
  EXPECT_TRUE(has(reply, "Vary: Accept, Accept-Encoding\r\n"));
  EXPECT_TRUE(has(reply, "Content-Security-Policy: "));
  reply.clear();
  EXPECT_EQ(answer({.path = "/", .fields = {{"Accept", "*/*"}}}, reply), 0);
  EXPECT_EQ(reply.own_bytes(), "");
  EXPECT_TRUE(has(reply, "Vary: Accept, Accept-Encoding\r\n")) << "a cache must not give the text to a browser";
}

TEST(PageAnswer, OtherRoutesAreNoneOfItsBusiness) {
  codec::HttpReply reply;
  EXPECT_EQ(answer({.path = "/healthz", .fields = {{"Accept", "text/html"}}}, reply), 0);
  EXPECT_EQ(reply.headers(), "");
}

}  // namespace
}  // namespace discovery::node
