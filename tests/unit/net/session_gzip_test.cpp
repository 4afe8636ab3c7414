#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "codec/gzip.h"
#include "net/deflater.h"
#include "unit/net/session_fixture.h"

namespace discovery::net {
namespace {

std::string get_gzip(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n";
}
std::string head_of(const std::string& answer) { return answer.substr(0, answer.find("\r\n\r\n") + 4); }
std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }
std::string shared_body(size_t bytes) { return "<" + std::string(bytes, 's') + ">"; }

TEST(SessionGzip, CompressesSharedTextForWhoAcceptsIt) {
  SessionFixture f;
  const std::string answer = f.talk(get_gzip("/shared?100000"));
  EXPECT_NE(head_of(answer).find("Content-Encoding: gzip\r\n"), std::string::npos);
  EXPECT_NE(head_of(answer).find("Content-Length: " + std::to_string(body_of(answer).size()) + "\r\n"),
            std::string::npos);
  EXPECT_EQ(codec::gunzip(body_of(answer)), shared_body(100000));
  EXPECT_LT(body_of(answer).size(), 2000u);
  EXPECT_EQ(f.talk(get("/shared?100000")), ok(shared_body(100000))) << "who does not say so gets it as it is";
}

TEST(SessionGzip, NotBelowTheLeastSizeNorOwnText) {
  SessionFixture f;
  EXPECT_EQ(f.talk(get_gzip("/shared?1023")), ok(shared_body(1023)));
  EXPECT_EQ(codec::gunzip(body_of(f.talk(get_gzip("/shared?1024")))), shared_body(1024));
  EXPECT_EQ(f.talk(get_gzip("/plain")), ok("plain"));
}

TEST(SessionGzip, CanBeSwitchedOff) {
  SessionLimits limits;
  limits.gzip = false;
  SessionFixture f(limits);
  EXPECT_EQ(f.talk(get_gzip("/shared?5000")), ok(shared_body(5000)));
}

TEST(SessionGzip, HeadTellsTheLengthOfTheCompressedBody) {
  SessionFixture f;
  const std::string whole = f.talk(get_gzip("/shared?5000"));
  std::string request = get_gzip("/shared?5000");
  request.replace(0, 3, "HEAD");
  EXPECT_EQ(f.talk(request), head_of(whole));
}

TEST(SessionGzip, PartialWritesOfOneByteGiveTheSameBytes) {
  const std::string requests = get_gzip("/shared?3000") + get("/shared?3000") + get_gzip("/many");
  SessionFixture whole;
  const std::string expected = whole.talk(requests);
  SessionFixture f;
  f.transport.set_write_piece(1);
  EXPECT_EQ(f.talk(requests), expected);
}

TEST(SessionGzip, WhatIsTooLargeForATurnGoesAsItIsWithoutADeflater) {
  SessionFixture f;
  const size_t bytes = size_t{128} * 1024;
  EXPECT_EQ(codec::gunzip(body_of(f.talk(get_gzip("/shared?" + std::to_string(bytes))))), shared_body(bytes));
  EXPECT_EQ(f.talk(get_gzip("/shared?" + std::to_string(bytes + 1))), ok(shared_body(bytes + 1)));
}

TEST(Deflater, CompressesOnItsOwnThreadWhatSomebodyStillHas) {
  Deflater deflater;
  const auto kept = std::make_shared<const SharedText>(std::string(1'000'000, 'k'));
  EXPECT_TRUE(kept->claim_deflating());
  EXPECT_FALSE(kept->claim_deflating()) << "by one only";
  deflater.want(kept);
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!kept->deflated() && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
  ASSERT_NE(kept->deflated(), nullptr);
  codec::HttpReply reply;
  reply.share(kept);
  codec::gzip_reply(reply);
  std::string body;
  for (const auto& part : reply.parts()) {
    body.append(reply.own_bytes(), part.own_begin, part.own_end - part.own_begin);
    body += part.shared_view();
  }
  EXPECT_EQ(codec::gunzip(body), kept->text());
}

TEST(Deflater, EndsWithTextsWaiting) {
  Deflater deflater;
  for (size_t i = 0; i < 2 * Worker::kWaitingMax; ++i) {
    deflater.want(std::make_shared<const SharedText>(std::string(100'000, 'w')));
  }
}

}  // namespace
}  // namespace discovery::net
