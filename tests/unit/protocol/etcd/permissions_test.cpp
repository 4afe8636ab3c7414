#include "protocol/etcd/permissions.h"

#include <gtest/gtest.h>

#include <array>
#include <utility>

namespace discovery::protocol::etcd {
namespace {

using access::Grant;
using access::Right;
using access::TokenTable;

constexpr std::string_view kSecret = "a-secret-of-the-shop-team";
constexpr uint8_t kReadWrite = 3;

/// `<app>/<host>` is an instance of `<app>` in prod; whatever has no slash is none.
class SlashMapper final : public keyspace::KeyMapper {
 public:
  [[nodiscard]] std::vector<keyspace::MappedInstance> instances_of(std::string_view key,
                                                                   std::string_view /*value*/) const override {
    const size_t slash = key.find('/');
    if (slash == std::string_view::npos) return {};
    keyspace::MappedInstance one;
    one.env = "prod";
    one.appid = key.substr(0, slash);
    one.hostname = key.substr(slash + 1);
    return {one};
  }
  [[nodiscard]] std::vector<keyspace::ShownKey> keys_of(registry::AppKeyView /*app*/,
                                                        const registry::Instance& /*instance*/,
                                                        std::string_view /*own*/) const override {
    return {};
  }
  [[nodiscard]] std::optional<registry::AppKey> app_of(const keyspace::KeyRange& range) const override {
    const size_t slash = range.key.find('/');
    if (slash == std::string::npos) return std::nullopt;
    return registry::AppKey{range.key.substr(0, slash), "prod"};
  }
};

std::shared_ptr<const TokenTable> tokens(std::vector<access::TokenSpec> specs) {
  auto made = TokenTable::make(std::move(specs));
  EXPECT_TRUE(made);
  return std::make_shared<const TokenTable>(made ? std::move(*made) : TokenTable());
}
access::TokenSpec shop() {
  return {.who = {"shop-team", {Grant{kReadWrite, "prod", {"shop."}}}},
          .secret = std::string(kSecret),
          .secret_sha256 = {}};
}
access::TokenSpec other() {
  return {.who = {"other", {Grant{kReadWrite, "", {}}}}, .secret = "another-secret-altogether", .secret_sha256 = {}};
}

Permissions::Caller caller(const Permissions& permissions, std::string_view name, std::string_view value) {
  const std::array fields = {grpc::Metadata{name, value}};
  grpc::CallRequest request;
  request.metadata = fields;
  return permissions.identify(request);
}

TEST(EtcdPermissions, WithoutAccessControlEverybodyMay) {
  const SlashMapper mapper;
  const Permissions permissions(nullptr, mapper);
  const auto who = caller(permissions, "token", "whatever");
  EXPECT_EQ(permissions.may_write(who, "free", "v").code, Code::kOk);
  EXPECT_EQ(permissions.may_any(who, Right::kAdmin).code, Code::kOk);
}

TEST(EtcdPermissions, AKeyBelongsToTheApplicationItStandsFor) {
  const SlashMapper mapper;
  const Permissions permissions(tokens({shop()}), mapper);
  for (const auto& [name, value] : {std::pair<std::string, std::string>{"token", std::string(kSecret)},
                                    {"authorization", "Bearer " + std::string(kSecret)},
                                    {"authorization", std::string(kSecret)}}) {
    const auto who = caller(permissions, name, value);
    EXPECT_EQ(permissions.may_write(who, "shop.cart/h", "v").code, Code::kOk) << name;
    EXPECT_EQ(permissions.may_write(who, "user/h", "v").code, Code::kPermissionDenied);
    EXPECT_EQ(permissions.may_write(who, "free", "v").code, Code::kPermissionDenied) << "it stands for none";
    EXPECT_EQ(permissions.may_read(who, {"shop.cart/", "shop.cart0"}).code, Code::kOk);
    EXPECT_EQ(permissions.may_read(who, {"s", "t"}).code, Code::kPermissionDenied);
    EXPECT_EQ(permissions.may_any(who, Right::kWrite).code, Code::kOk);
  }
}

TEST(EtcdPermissions, ATokenThatIsNoneIsAskedForAnew) {
  const SlashMapper mapper;
  const Permissions permissions(tokens({shop()}), mapper);
  EXPECT_EQ(permissions.may_any(caller(permissions, "token", "wrong"), Right::kRead).code, Code::kUnauthenticated);
  EXPECT_EQ(permissions.may_any(caller(permissions, "x", ""), Right::kRead).code, Code::kPermissionDenied);
}

// A stream lives for days, and the table that knew its caller does not.
TEST(EtcdPermissions, ATokenThatWasTakenAwayCountsNoMore) {
  const SlashMapper mapper;
  Permissions permissions(tokens({shop()}), mapper);
  auto who = caller(permissions, "token", kSecret);
  EXPECT_EQ(permissions.may_any(who, Right::kWrite).code, Code::kOk);
  permissions.update(tokens({other()}));
  permissions.refresh(who);
  EXPECT_EQ(permissions.may_any(who, Right::kWrite).code, Code::kUnauthenticated);
  permissions.update(tokens({shop(), other()}));
  permissions.refresh(who);
  EXPECT_EQ(permissions.may_any(who, Right::kWrite).code, Code::kOk);
  EXPECT_EQ(permissions.may_write(who, "user/h", "v").code, Code::kPermissionDenied);
}

}  // namespace
}  // namespace discovery::protocol::etcd
