#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "codec/params.h"

namespace discovery::codec {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;
constexpr const char* kType = "multipart/form-data; boundary=XyZ";

struct Outcome {
  bool ok = false;
  ErrorCode code = ErrorCode::kInternal;
  Pairs pairs;
};

Outcome add(std::string_view body, std::string_view type = kType, size_t params_max = 100) {
  Params params;
  const auto added = params.add_multipart(body, type, params_max);
  Outcome outcome{added.has_value(), added ? ErrorCode::kInternal : added.error().code, {}};
  for (const Param& p : params.all()) outcome.pairs.emplace_back(p.name, p.value);
  return outcome;
}

std::string part(const std::string& disposition, const std::string& value) {
  return "--XyZ\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + value + "\r\n";
}

TEST(ParamsMultipart, TakesFields) {
  const auto seen = add(part("name=\"appid\"", "shop.cart") + part("name=addrs", "http://a") +
                        part("name=\"addrs\"", "") + "--XyZ--\r\n");
  EXPECT_TRUE(seen.ok);
  EXPECT_EQ(seen.pairs, (Pairs{{"appid", "shop.cart"}, {"addrs", "http://a"}, {"addrs", ""}}));
}

TEST(ParamsMultipart, KeepsValuesByteForByte) {
  const std::string value = "line\r\n--Xy\r\n\r\n--XyZ5\r\n --XyZ--\r\n%41+\xff";
  const auto seen = add(part("name=a", value) + "--XyZ--");
  EXPECT_TRUE(seen.ok);
  EXPECT_EQ(seen.pairs, (Pairs{{"a", value}}));
}

TEST(ParamsMultipart, ReadsEveryFormOfHeader) {
  EXPECT_EQ(add("preamble\r\n--XyZ \t\r\nContent-Type: text/plain\r\nCONTENT-disposition:  Form-Data ;NAME = "
                "\"a\\\"b\\\\c\\d\" ;\r\n"
                "\r\nv\r\n--XyZ--epilogue")
                .pairs,
            (Pairs{{"a\"b\\c\\d", "v"}}));
  EXPECT_EQ(add("--XyZ\r\nContent-Disposition: form-data; name=\"a;b=c\"; x=y\r\n\r\nv\r\n--XyZ--").pairs,
            (Pairs{{"a;b=c", "v"}}));
  EXPECT_EQ(add("--XyZ\r\nContent-Disposition: form-data; name=a\r\n--XyZ--").pairs, (Pairs{{"a", ""}})) << "head only";
}

TEST(ParamsMultipart, IgnoresFiles) {
  const auto seen = add(part("name=\"f\"; filename=\"x.txt\"", "data") + part("filename*=utf-8''y; name=g", "data") +
                        part("name=a", "1") + "--XyZ--");
  EXPECT_TRUE(seen.ok);
  EXPECT_EQ(seen.pairs, (Pairs{{"a", "1"}}));
}

TEST(ParamsMultipart, ReadsTheBoundary) {
  const std::string body = "--a b:c\r\nContent-Disposition: form-data; name=n\r\n\r\nv\r\n--a b:c--";
  EXPECT_TRUE(add(body, "multipart/form-data; charset=utf-8; Boundary=\"a b:c\"").ok);
  EXPECT_TRUE(add("--XyZ--", "Multipart/Form-Data;boundary=XyZ;").ok) << "no part at all";
  const std::string longest(70, 'b');
  EXPECT_TRUE(add("--" + longest + "--", "multipart/form-data; boundary=" + longest).ok);
  for (const std::string& bad :
       {std::string(), std::string("multipart/form-data"), std::string("multipart/form-data; boundary="),
        std::string("multipart/form-data; boundary=\"\""), std::string("multipart/form-data; boundary=\"XyZ"),
        std::string("multipart/form-data; boundary=\"XyZ \""), std::string("multipart/form-data; boundary=X\nZ"),
        std::string("multipart/form-data; boundary=XyZ; boundary=XyZ"),
        std::string("multipart/form-data; boundary=XyZ x; y"), std::string("multipart/form-data; boundary=\"XyZ\" y"),
        "multipart/form-data; boundary=" + longest + "b"}) {
    const auto seen = add("--XyZ--", bad);
    EXPECT_FALSE(seen.ok) << bad;
    EXPECT_EQ(seen.code, ErrorCode::kInvalidArgument);
  }
}

TEST(ParamsMultipart, RefusesMalformedBodies) {
  const std::string good = part("name=a", "1");
  for (const std::string& bad :
       {std::string(), std::string("--XyZ"), std::string("--XyZ\r\n"), std::string("garbage"), good, good + "--XyZ",
        good + "--XyZ\r\n", good + "--Xy--", "x" + std::string("--XyZ--"), std::string("--XyZ\r\n--XyZ--"),
        std::string("--XyZ\r\n\r\nno head\r\n--XyZ--"),
        std::string("--XyZ\r\nContent-Type: text/plain\r\n\r\nv\r\n--XyZ--"),
        std::string("--XyZ\r\nContent-Disposition: attachment; name=a\r\n\r\nv\r\n--XyZ--"),
        part("x=y", "v") + "--XyZ--", part("name", "v") + "--XyZ--", part("name=\"a", "v") + "--XyZ--",
        part("name=\"a\" x", "v") + "--XyZ--"}) {
    const auto seen = add(bad);
    EXPECT_FALSE(seen.ok) << bad;
    EXPECT_EQ(seen.code, ErrorCode::kInvalidArgument) << bad;
  }
}

TEST(ParamsMultipart, CountsEveryPart) {
  const std::string body = part("name=a", "1") + part("name=f; filename=x", "") + part("name=b", "2") + "--XyZ--";
  EXPECT_TRUE(add(body, kType, 3).ok);
  const auto past = add(body, kType, 2);
  EXPECT_FALSE(past.ok);
  EXPECT_EQ(past.code, ErrorCode::kLimitExceeded);
}

TEST(ParamsMultipart, SurvivesAlmostDelimiters) {
  std::string body = "--XyZ\r\nContent-Disposition: form-data; name=a\r\n\r\n";
  for (int i = 0; i < 100'000; ++i) body += "\r\n--XyZ  x";
  const auto seen = add(body + "\r\n--XyZ--");
  EXPECT_TRUE(seen.ok);
  ASSERT_EQ(seen.pairs.size(), 1U);
  EXPECT_EQ(seen.pairs[0].second.size(), 1'000'000U);
}

}  // namespace
}  // namespace discovery::codec
