#include "codec/gzip.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace discovery::codec {
namespace {

SharedBytes shared(std::string text) {
  auto made = std::make_shared<const SharedText>(std::move(text));
  made->keep(deflate_text(made->text()));
  return made;
}

std::string body_of(HttpReply& reply) {
  std::string body;
  for (const auto& part : reply.parts()) {
    body.append(reply.own_bytes(), part.own_begin, part.own_end - part.own_begin);
    body += part.shared_view();
  }
  EXPECT_EQ(body.size(), reply.body_bytes());
  return body;
}

/// Text like a list of instances: it repeats, but not quite.
std::string list_of(size_t instances) {
  std::string text;
  for (size_t i = 0; i < instances; ++i) {
    text += R"({"region":"r1","zone":"z1","hostname":"host-)" + std::to_string(i * 7919) + R"(","status":1},)";
  }
  return text;
}

TEST(Gzip, AnAnswerIsWhatItWasWithoutIt) {
  HttpReply reply;
  reply.append("{\"a\":");
  reply.share(shared(list_of(100)));
  reply.append(",\"b\":");
  reply.share(shared(list_of(3)));
  reply.append("}");
  const std::string plain = "{\"a\":" + list_of(100) + ",\"b\":" + list_of(3) + "}";
  gzip_reply(reply);
  const std::string body = body_of(reply);
  EXPECT_EQ(gunzip(body), plain);
  EXPECT_LT(body.size(), plain.size() / 4);
  EXPECT_EQ(reply.headers(), "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n");
}

TEST(Gzip, OnlySharedTextOnlyOwnTextAndNone) {
  HttpReply only_shared;
  only_shared.share(shared("x"));
  gzip_reply(only_shared);
  EXPECT_EQ(gunzip(body_of(only_shared)), "x");
  HttpReply two;
  two.share(shared("x"));
  two.share(shared(""));
  two.share(shared("y"));
  gzip_reply(two);
  EXPECT_EQ(gunzip(body_of(two)), "xy");
  HttpReply own;
  own.append("own");
  gzip_reply(own);
  EXPECT_EQ(gunzip(body_of(own)), "own");
  HttpReply none;
  gzip_reply(none);
  EXPECT_EQ(gunzip(body_of(none)), "");
}

TEST(Gzip, OwnTextOfAnyLength) {
  for (const size_t bytes : {1U, 65534U, 65535U, 65536U, 131070U, 131071U, 200000U}) {
    HttpReply reply;
    const std::string own(bytes, 'o');
    reply.append(own);
    reply.share(shared("shared"));
    reply.append(own);
    gzip_reply(reply);
    EXPECT_EQ(gunzip(body_of(reply)), own + "shared" + own) << bytes;
  }
}

TEST(Gzip, WhatCannotBeCompressed) {
  const uint64_t seed = 20261128;
  std::mt19937_64 random(seed);
  std::string noise(1'000'000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  HttpReply reply;
  reply.share(shared(noise));
  gzip_reply(reply);
  EXPECT_EQ(gunzip(body_of(reply)), noise) << "seed " << seed;
}

TEST(Gzip, TheSameTextIsCompressedOnce) {
  const auto text = shared(list_of(100));
  const Deflated* const first = text->deflated();
  text->keep(deflate_text(text->text()));
  EXPECT_EQ(text->deflated(), first);
  for (int i = 0; i < 2; ++i) {
    HttpReply reply;
    reply.share(text);
    gzip_reply(reply);
    EXPECT_EQ(reply.parts().front().shared.get(), text.get()) << "shared, not copied";
  }
}

TEST(AcceptsGzip, WhenItIsNamedAndNotRefused) {
  for (const std::string_view yes : {"gzip", "GZip", "gzip, deflate", "deflate,gzip", "br;q=1.0, gzip;q=0.8, *;q=0.1",
                                     " gzip ", "gzip;q=1", "gzip ; q=0.001", "identity, gzip"}) {
    EXPECT_TRUE(accepts_gzip(yes)) << yes;
  }
  for (const std::string_view no : {"", ",", "identity", "deflate", "*", "gzip;q=0", "gzip;q=0.0", "gzip; q=0.000",
                                    "x-gzip", "gzipped", "not gzip", "deflate;gzip"}) {
    EXPECT_FALSE(accepts_gzip(no)) << no;
  }
}

TEST(Gzip, GunzipTakesWholeMembersOnly) {
  HttpReply reply;
  reply.append(std::string(40'000, 'a'));
  gzip_reply(reply);
  const std::string bytes = body_of(reply);
  EXPECT_EQ(gunzip(bytes), std::string(40'000, 'a'));
  EXPECT_EQ(gunzip(bytes, 40'000), std::string(40'000, 'a'));
  EXPECT_EQ(gunzip(bytes, 39'999), std::nullopt);
  EXPECT_EQ(gunzip(bytes + "x"), std::nullopt);
  EXPECT_EQ(gunzip("no gzip"), std::nullopt);
  EXPECT_EQ(gunzip(""), std::nullopt);
  for (size_t cut = 0; cut < bytes.size(); ++cut) ASSERT_EQ(gunzip(bytes.substr(0, cut)), std::nullopt) << cut;
  std::string flipped = bytes;
  flipped[flipped.size() - 6] ^= 1;
  EXPECT_EQ(gunzip(flipped), std::nullopt) << "the checksum";
}

}  // namespace
}  // namespace discovery::codec
