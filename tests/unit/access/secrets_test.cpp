#include "access/secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace discovery::access {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kGood = "Zq7-9kLm_pX2.vB4";

TEST(Secrets, TakesSixteenToFiveHundredTwelveBytes) {
  EXPECT_TRUE(check_secret(kGood, kTokenBytesMin));
  EXPECT_FALSE(check_secret(kGood.substr(1), kTokenBytesMin));
  EXPECT_TRUE(check_secret(kGood + std::string(kSecretBytesMax - kGood.size(), 'x'), kTokenBytesMin));
  EXPECT_FALSE(check_secret(kGood + std::string(kSecretBytesMax + 1 - kGood.size(), 'x'), kTokenBytesMin));
  EXPECT_FALSE(check_secret(kGood, kPeerKeyBytesMin)) << "a key of nodes is longer";
  EXPECT_TRUE(check_secret(kGood + "fG8!dW3#sN6$jH1%", kPeerKeyBytesMin));
  EXPECT_FALSE(check_secret("", kTokenBytesMin));
}

TEST(Secrets, RefusesBlanksAndWhatIsNotPrintable) {
  for (const char bad : {' ', '\t', '\n', '\0', '\x7f', '\xc3'}) {
    std::string secret = kGood;
    secret[3] = bad;
    EXPECT_FALSE(check_secret(secret, kTokenBytesMin)) << static_cast<int>(bad);
  }
}

TEST(Secrets, RefusesFewDifferentCharacters) {
  EXPECT_FALSE(check_secret("aaaaaaaaaaaaaaaaaaaa", kTokenBytesMin));
  EXPECT_FALSE(check_secret("abcdefgabcdefgabcdefg", kTokenBytesMin)) << "seven";
  EXPECT_TRUE(check_secret("abcdefghabcdefghabcd", kTokenBytesMin)) << "eight";
}

TEST(Secrets, RefusesThoseOfManuals) {
  for (const std::string_view known :
       {"SecretKey012345678901234567890123456789012345678901234567890123456789",
        "VGhpc0lzTXlDdXN0b21TZWNyZXRLZXkwMTIzNDU2Nzg=", "U2VjcmV0S2V5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5",
        "nacos-serverIdentity", "this-token-changeme-now", "CHANGE-ME-CHANGE-ME-abcdefgh"}) {
    EXPECT_FALSE(check_secret(known, kTokenBytesMin)) << known;
  }
}

TEST(Secrets, AreNeverInTheMessage) {
  for (const std::string_view secret :
       {"short-Q8", "aaaaaaaaaaaaaaaaaaaa", "nacos-serverIdentity", "blank in-it-Q8-Q8-Q8"}) {
    const auto checked = check_secret(secret, kTokenBytesMin);
    ASSERT_FALSE(checked);
    EXPECT_THAT(checked.error().message, Not(HasSubstr(secret)));
  }
}

}  // namespace
}  // namespace discovery::access
