#include "access/access_control.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace discovery::access {
namespace {

using Kind = Caller::Kind;

constexpr TimePoint kNow = from_wire_ns(1'700'000'000'000'000'000);
constexpr std::string_view kSecret = "Zq7-9kLm_pX2.vB4";
constexpr std::string_view kOwn = "10.0.0.2:7171";
const codec::ClientAddress kClient{"192.0.2.1", 4711, false};

class AccessControlTest : public ::testing::Test {
 protected:
  AccessControlTest() : control_(settings(), replays_) {}

  static AccessSettings settings(bool with_anonymous = false) {
    AccessSettings s;
    s.required = true;
    s.own_address = kOwn;
    s.peer_key = *PeerKey::make("aB3$dE6&gH9)jK2=mN5?pQ8@sT1;vW4!");
    std::vector<TokenSpec> specs{
        {.who = {"shop", {Grant{3, "prod", {"shop."}}}}, .secret = std::string(kSecret), .secret_sha256 = {}}};
    if (with_anonymous) specs.push_back({.who = {"anonymous", {Grant{1, "", {}}}}, .secret = {}, .secret_sha256 = {}});
    s.tokens = std::make_shared<const TokenTable>(*TokenTable::make(std::move(specs)));
    return s;
  }
  [[nodiscard]] Caller ask(std::vector<codec::HttpField> fields, std::string_view body = "", TimePoint at = kNow) {
    codec::HttpRequest r;
    r.method = codec::Method::kPost;
    r.path = "/discovery/peer/push";
    r.body = body;
    r.fields = fields;
    r.received_at = at;
    r.client = &kClient;
    return control_.identify(r);
  }
  [[nodiscard]] Caller ask_with(const std::string& authorization, std::string_view body = "", TimePoint at = kNow) {
    return ask({{"Authorization", authorization}}, body, at);
  }
  [[nodiscard]] std::string proof(std::string_view to, TimePoint at, std::string_view body = "",
                                  unsigned char nonce = 1) {
    Nonce n{};
    n[0] = nonce;
    return settings().peer_key->sign({"POST", "/discovery/peer/push", "", body}, to, at, n);
  }

  ReplayGuard replays_{HashKey{1, 2}};
  AccessControl control_;
};

TEST_F(AccessControlTest, OffItAsksNobody) {
  const AccessControl off(replays_);
  codec::HttpRequest r;
  r.client = &kClient;
  const Caller anybody = off.identify(r);
  EXPECT_EQ(anybody.kind(), Kind::kAnybody);
  EXPECT_TRUE(anybody.may_all(Right::kAdmin));
  EXPECT_FALSE(anybody.is_peer()) << "that is a question of addresses then";
}

TEST_F(AccessControlTest, KnowsATokenByBearerAndByBasic) {
  for (const std::string& field :
       {"Bearer " + std::string(kSecret), "bearer " + std::string(kSecret), "BEARER   " + std::string(kSecret) + " "}) {
    const Caller c = ask_with(field);
    EXPECT_EQ(c.kind(), Kind::kPrincipal) << field;
    EXPECT_EQ(c.name(), "shop");
    EXPECT_TRUE(c.may(Right::kWrite, "prod", "shop.cart"));
    EXPECT_FALSE(c.may(Right::kWrite, "prod", "pay"));
    EXPECT_FALSE(c.may_all(Right::kRead));
  }
  // user:Zq7-9kLm_pX2.vB4
  EXPECT_EQ(ask_with("Basic dXNlcjpacTctOWtMbV9wWDIudkI0").name(), "shop");
  EXPECT_EQ(ask_with("basic OlpxNy05a0xtX3BYMi52QjQ=").name(), "shop") << "no user at all";
}

TEST_F(AccessControlTest, WhoSendsSomethingElseIsRefusedWhateverTheAnonymousMay) {
  control_.update(settings(true));
  for (const std::string& field :
       {std::string("Bearer"), std::string("Bearer "), std::string("Bearer wrong-token-of-32-bytes-Q8w"),
        std::string(kSecret), "Token " + std::string(kSecret), "Bearer\t" + std::string(kSecret),
        std::string("Basic !!!!"), std::string("Basic WnE3LTlrTG1fcFgyLnZCNA=="), std::string("Basic ="),
        std::string("Basic ") + std::string(4096, 'A'), std::string("Digest x"), std::string("Discovery-Peer x"),
        "Bearer " + std::string(kSecret) + std::string(1, '\0')}) {
    const Caller c = ask_with(field);
    EXPECT_EQ(c.kind(), Kind::kRefused) << field;
    EXPECT_FALSE(c.may_any(Right::kRead)) << field;
    EXPECT_EQ(c.denial(Right::kRead).code, ErrorCode::kUnauthenticated);
  }
}

TEST_F(AccessControlTest, WithoutATokenOneIsTheAnonymousOrNobody) {
  EXPECT_EQ(ask({}).kind(), Kind::kUnknown);
  EXPECT_EQ(ask({}).denial(Right::kRead).code, ErrorCode::kUnauthenticated);
  EXPECT_EQ(ask({}).name(), "anonymous");
  control_.update(settings(true));
  const Caller c = ask({});
  EXPECT_EQ(c.kind(), Kind::kPrincipal);
  EXPECT_TRUE(c.may_all(Right::kRead));
  EXPECT_FALSE(c.may(Right::kWrite, "prod", "shop.cart"));
  EXPECT_EQ(c.denial(Right::kWrite).code, ErrorCode::kForbidden);
}

// Nacos believed a User-Agent (CVE-2021-29441), ZooKeeper's admin server X-Forwarded-For (CVE-2024-51504).
TEST_F(AccessControlTest, NoOtherFieldCounts) {
  const std::string secret(kSecret);
  for (const auto& [name, value] : std::vector<std::pair<std::string_view, std::string>>{
           {"User-Agent", "Nacos-Server"},
           {"X-Forwarded-For", "127.0.0.1"},
           {"Forwarded", "for=127.0.0.1"},
           {"X-Real-IP", "127.0.0.1"},
           {"X-Token", secret},
           {"accessToken", secret},
           {"Cookie", "token=" + secret},
           {"Proxy-Authorization", "Bearer " + secret},
           {"serverIdentity", "security"},
           {"Authorization ", "Bearer " + secret},
       }) {
    EXPECT_EQ(ask({{name, value}}).kind(), Kind::kUnknown) << name;
  }
}

TEST_F(AccessControlTest, TwoFieldsAreRefusedEvenIfBothAreRight) {
  const std::string field = "Bearer " + std::string(kSecret);
  EXPECT_EQ(ask({{"Authorization", field}, {"authorization", field}}).kind(), Kind::kRefused);
}

// Reactors read the clock when an event of theirs begins, so the times of two that ask cross a little.
TEST(ReplayGuard, IsNotConfusedByTimesThatCross) {
  constexpr Duration kWindow = PeerKey::kWindow;
  constexpr Duration kTick = std::chrono::microseconds(500);
  const auto nonce = [](unsigned char first) {
    Nonce n{};
    n[0] = first;
    return n;
  };
  ReplayGuard replays(HashKey{1, 2});
  using Verdict = ReplayGuard::Verdict;
  EXPECT_EQ(replays.first_time(nonce(1), kNow, kWindow), Verdict::kFirst);
  EXPECT_EQ(replays.first_time(nonce(2), kNow + 2 * kWindow - kTick, kWindow), Verdict::kFirst);
  EXPECT_EQ(replays.first_time(nonce(3), kNow + 2 * kWindow + kTick, kWindow), Verdict::kFirst);
  EXPECT_EQ(replays.first_time(nonce(4), kNow + 2 * kWindow, kWindow), Verdict::kFirst);
  EXPECT_EQ(replays.first_time(nonce(2), kNow + 3 * kWindow - 2 * kTick, kWindow), Verdict::kSeen);
}

TEST(ReplayGuard, TakesOnWhatAnotherProcessHeard) {
  constexpr Duration kWindow = PeerKey::kWindow;
  using Verdict = ReplayGuard::Verdict;
  ReplayGuard old(HashKey{1, 2});
  Nonce heard{};
  for (unsigned char i = 0; i < 100; ++i) {
    heard[0] = i;
    EXPECT_EQ(old.first_time(heard, kNow + i * kWindow / 20, kWindow), Verdict::kFirst);
  }
  ReplayGuard next(HashKey{3, 4});
  const TimePoint then = kNow + 5 * kWindow;
  EXPECT_FALSE(next.take(old.kept().substr(1), then));
  EXPECT_TRUE(next.take({}, then));
  EXPECT_TRUE(next.take(old.kept(), then));
  EXPECT_EQ(next.first_time(heard, then, kWindow), Verdict::kSeen);
  EXPECT_EQ(next.first_time(heard, then + 2 * kWindow - std::chrono::seconds(1), kWindow), Verdict::kSeen);
  heard[1] = 1;
  EXPECT_EQ(next.first_time(heard, then, kWindow), Verdict::kFirst);
}

TEST_F(AccessControlTest, APeerProvesItselfOnce) {
  const std::string field = proof(kOwn, kNow, "body");
  const Caller c = ask_with(field, "body");
  ASSERT_TRUE(c.is_peer());
  EXPECT_TRUE(c.may_all(Right::kRead));
  EXPECT_TRUE(c.may(Right::kWrite, "prod", "anything"));
  EXPECT_FALSE(c.may_any(Right::kAdmin));
  EXPECT_EQ(ask_with(field, "body").kind(), Kind::kRefused) << "a replay";
}

TEST_F(AccessControlTest, ARequestToAnotherNodeIsNoneToThis) {
  EXPECT_EQ(ask_with(proof("10.0.0.3:7171", kNow)).kind(), Kind::kRefused);
}

TEST_F(AccessControlTest, ClocksMayDifferByTheWindow) {
  using std::chrono::seconds;
  EXPECT_TRUE(ask_with(proof(kOwn, kNow - seconds(30), "", 1)).is_peer());
  EXPECT_TRUE(ask_with(proof(kOwn, kNow + seconds(30), "", 2)).is_peer());
  EXPECT_EQ(ask_with(proof(kOwn, kNow - seconds(31), "", 3)).kind(), Kind::kRefused);
  EXPECT_EQ(ask_with(proof(kOwn, kNow + seconds(31), "", 4)).kind(), Kind::kRefused);
}

TEST_F(AccessControlTest, WithoutAKeyThereAreNoPeers) {
  AccessSettings s = settings();
  s.peer_key.reset();
  control_.update(s);
  EXPECT_EQ(ask_with(proof(kOwn, kNow)).kind(), Kind::kRefused);
}

// What proves nothing must not fill the memory of nonces: else anybody could shut the peers out.
TEST_F(AccessControlTest, AForgedProofLeavesNothingBehind) {
  const std::string good = proof(kOwn, kNow, "body", 7);
  std::string forged = good;
  forged.back() = forged.back() == '0' ? '1' : '0';
  EXPECT_EQ(ask_with(forged, "body").kind(), Kind::kRefused);
  EXPECT_EQ(ask_with(good, "other").kind(), Kind::kRefused);
  EXPECT_TRUE(ask_with(good, "body").is_peer());
}

}  // namespace
}  // namespace discovery::access
