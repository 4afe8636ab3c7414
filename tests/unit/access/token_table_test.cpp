#include "access/token_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace discovery::access {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kSecret = "Zq7-9kLm_pX2.vB4";
constexpr std::string_view kOther = "Hj3+4nTr=wY8,cD6";

Grant grant(std::initializer_list<Right> rights, std::string env = "", std::vector<std::string> apps = {}) {
  Grant g{0, std::move(env), std::move(apps)};
  for (const Right r : rights) g.rights = static_cast<uint8_t>(g.rights | static_cast<uint8_t>(r));
  return g;
}

TokenSpec spec(std::string name, std::string_view secret, std::vector<Grant> grants) {
  return {.who = {std::move(name), std::move(grants)}, .secret = std::string(secret), .secret_sha256 = {}};
}

std::string problem_of(std::vector<TokenSpec> specs) {
  const auto made = TokenTable::make(std::move(specs));
  EXPECT_FALSE(made);
  return made ? "" : made.error().message;
}

TEST(Rights, AreWhatTheGrantSaysAndNoMore) {
  const Principal shop{"shop", {grant({Right::kRead, Right::kWrite}, "prod", {"shop.", "pay.cart"})}};
  EXPECT_TRUE(shop.may(Right::kWrite, "prod", "shop.cart"));
  EXPECT_TRUE(shop.may(Right::kRead, "prod", "shop."));
  EXPECT_TRUE(shop.may(Right::kRead, "prod", "pay.cart"));
  EXPECT_TRUE(shop.may(Right::kRead, "prod", "pay.cart2")) << "a prefix";
  EXPECT_FALSE(shop.may(Right::kRead, "prod", "shop")) << "shorter than the prefix";
  EXPECT_FALSE(shop.may(Right::kRead, "prod", "Shop.cart")) << "case counts";
  EXPECT_FALSE(shop.may(Right::kRead, "prod", "xshop.cart"));
  EXPECT_FALSE(shop.may(Right::kRead, "dev", "shop.cart"));
  EXPECT_FALSE(shop.may(Right::kRead, "", "shop.cart"));
  EXPECT_FALSE(shop.may(Right::kAdmin, "prod", "shop.cart"));
  EXPECT_FALSE(shop.may_all(Right::kRead));
  EXPECT_TRUE(shop.may_any(Right::kRead));
  EXPECT_FALSE(shop.may_any(Right::kAdmin));
}

TEST(Rights, OverEverythingTakesAGrantWithoutBounds) {
  EXPECT_TRUE((Principal{"all", {grant({Right::kRead})}}.may_all(Right::kRead)));
  EXPECT_FALSE((Principal{"env", {grant({Right::kRead}, "prod")}}.may_all(Right::kRead)));
  EXPECT_FALSE((Principal{"app", {grant({Right::kRead}, "", {"a"})}}.may_all(Right::kRead)));
  EXPECT_FALSE((Principal{"none", {}}.may_any(Right::kRead)));
}

TEST(Rights, DoNotImplyEachOther) {
  const Principal admin{"admin", {grant({Right::kAdmin})}};
  EXPECT_TRUE(admin.may_all(Right::kAdmin));
  EXPECT_FALSE(admin.may_all(Right::kRead));
  EXPECT_FALSE(admin.may(Right::kWrite, "prod", "shop"));
}

TEST(Rights, HaveNames) {
  for (const Right right : {Right::kRead, Right::kWrite, Right::kAdmin}) {
    EXPECT_EQ(right_of_name(right_name(right)), right);
  }
  for (const std::string_view name : {"", "Read", "all", "read "}) EXPECT_FALSE(right_of_name(name)) << name;
}

TEST(TokenTable, FindsATokenByItsSecretOrByTheHashOfIt) {
  TokenSpec hashed = spec("hashed", "", {grant({Right::kRead})});
  hashed.secret_sha256 = to_hex(sha256(kOther));
  const auto table = TokenTable::make({spec("plain", kSecret, {grant({Right::kRead})}), hashed});
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->size(), 2u);
  ASSERT_NE(table->find(kSecret), nullptr);
  EXPECT_EQ(table->find(kSecret)->name, "plain");
  ASSERT_NE(table->find(kOther), nullptr);
  EXPECT_EQ(table->find(kOther)->name, "hashed");
  EXPECT_EQ(table->anonymous(), nullptr);
}

TEST(TokenTable, FindsNothingElse) {
  const auto table = TokenTable::make({spec("plain", kSecret, {grant({Right::kRead})})});
  ASSERT_TRUE(table);
  const std::string secret(kSecret);
  for (const std::string& wrong :
       {std::string(), secret.substr(1), secret + "x", secret + " ", " " + secret, to_hex(sha256(secret)),
        std::string("plain"), std::string(1000, 'x'), secret + std::string(1, '\0')}) {
    EXPECT_EQ(table->find(wrong), nullptr) << wrong;
  }
  EXPECT_EQ(TokenTable().find(""), nullptr);
}

TEST(TokenTable, TheAnonymousHasNoSecret) {
  const auto table = TokenTable::make({spec("anonymous", "", {grant({Right::kRead}, "dev")})});
  ASSERT_TRUE(table);
  ASSERT_NE(table->anonymous(), nullptr);
  EXPECT_TRUE(table->anonymous()->may(Right::kRead, "dev", "a"));
  EXPECT_EQ(table->size(), 0u);
  EXPECT_EQ(table->find(""), nullptr);
  EXPECT_THAT(problem_of({spec("anonymous", kSecret, {grant({Right::kRead})})}), HasSubstr("no secret"));
}

TEST(TokenTable, NamesEveryProblem) {
  const std::vector<Grant> reads{grant({Right::kRead})};
  EXPECT_THAT(problem_of({spec("", kSecret, reads)}), HasSubstr("token number 1 has no name"));
  EXPECT_THAT(problem_of({spec("a b", kSecret, reads)}), HasSubstr("without blanks"));
  EXPECT_THAT(problem_of({spec(std::string(TokenTable::kNameBytesMax + 1, 'n'), kSecret, reads)}), HasSubstr("128"));
  EXPECT_THAT(problem_of({spec("a", kSecret, reads), spec("a", kOther, reads)}), HasSubstr("twice"));
  EXPECT_THAT(problem_of({spec("a", kSecret, reads), spec("b", kSecret, reads)}), HasSubstr("secret of token a"));
  EXPECT_THAT(problem_of({spec("a", "", reads)}), HasSubstr("neither"));
  EXPECT_THAT(problem_of({spec("a", "short", reads)}), HasSubstr("16"));
  EXPECT_THAT(problem_of({spec("a", kSecret, {})}), HasSubstr("1 to 64 grants"));
  EXPECT_THAT(problem_of({spec("a", kSecret, std::vector<Grant>(TokenTable::kGrantsMax + 1, reads[0]))}),
              HasSubstr("64"));
  EXPECT_THAT(problem_of({spec("a", kSecret, {grant({})})}), HasSubstr("without rights"));
  EXPECT_THAT(problem_of({spec("a", kSecret, {grant({Right::kRead}, "", {""})})}), HasSubstr("empty prefix"));
  TokenSpec both = spec("a", kSecret, reads);
  both.secret_sha256 = to_hex(sha256(kOther));
  EXPECT_THAT(problem_of({both}), HasSubstr("both"));
  both.secret.clear();
  both.secret_sha256.back() = 'g';
  EXPECT_THAT(problem_of({both}), HasSubstr("hexadecimal"));
  both.secret_sha256 = to_hex(sha256("SecretKey012345678901234567890123456789012345678901234567890123456789"));
  EXPECT_THAT(problem_of({both}), HasSubstr("from a manual"));
  const std::string all = problem_of({spec("a", "", reads), spec("b", kSecret, {})});
  EXPECT_THAT(all, HasSubstr("token a"));
  EXPECT_THAT(all, HasSubstr("\ntoken b"));
}

TEST(TokenTable, TakesAsManyTokensAsItSays) {
  std::vector<TokenSpec> specs;
  for (size_t i = 0; i < TokenTable::kTokensMax; ++i) {
    specs.push_back(spec("t" + std::to_string(i), std::string(kSecret) + std::to_string(i), {grant({Right::kRead})}));
  }
  EXPECT_TRUE(TokenTable::make(specs));
  specs.push_back(spec("more", kOther, {grant({Right::kRead})}));
  EXPECT_FALSE(TokenTable::make(specs));
}

}  // namespace
}  // namespace discovery::access
