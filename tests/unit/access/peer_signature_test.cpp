#include "access/peer_signature.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "access/replay_guard.h"
#include "codec/hex.h"

namespace discovery::access {
namespace {

constexpr TimePoint kNow = from_wire_ns(1'700'000'000'000'000'000);
constexpr Nonce kNonce{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255};
constexpr std::string_view kTo = "10.0.0.2:7171";
const SignedRequest kRequest{"POST", "/discovery/peer/push", "", "octets\nof a body"};

std::shared_ptr<const PeerKey> key(std::string secret = "aB3$dE6&gH9)jK2=mN5?pQ8@sT1;vW4!") {
  auto made = PeerKey::make(std::move(secret));
  EXPECT_TRUE(made);
  return *made;
}

// HMAC-SHA-256 of RFC 4231, test case 2, and SHA-256 of "abc" of FIPS 180-2.
TEST(Digest256, IsThatOfTheStandards) {
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_TRUE(equal(sha256("a"), sha256("a")));
  EXPECT_FALSE(equal(sha256("a"), sha256("b")));
}

TEST(Digest256, IsReadFromSixtyFourDigits) {
  const std::string digits = to_hex(sha256("abc"));
  EXPECT_EQ(digest_from_hex(digits), sha256("abc"));
  for (const std::string& bad : {digits + "00", digits.substr(2), digits.substr(1) + "g", std::string()}) {
    EXPECT_FALSE(digest_from_hex(bad)) << bad;
  }
}

TEST(PeerSignature, IsBelievedByWhoHasTheKey) {
  const std::string field = key()->sign(kRequest, kTo, kNow, kNonce);
  const auto proof = read_proof(field);
  ASSERT_TRUE(proof) << field;
  EXPECT_EQ(proof->to, kTo);
  EXPECT_EQ(proof->at_ns, to_wire_ns(kNow));
  EXPECT_EQ(proof->nonce, kNonce);
  EXPECT_TRUE(key()->signed_this(*proof, kRequest));
  EXPECT_FALSE(key("another-secret-Q8w-of-thirty-two-bytes")->signed_this(*proof, kRequest));
}

TEST(PeerSignature, CoversEveryPartOfTheRequest) {
  const std::string field = key()->sign(kRequest, kTo, kNow, kNonce);
  const auto proof = read_proof(field);
  ASSERT_TRUE(proof);
  const std::vector<SignedRequest> changed{
      {"GET", kRequest.path, kRequest.query, kRequest.body},
      {kRequest.method, "/discovery/peer/sync", kRequest.query, kRequest.body},
      {kRequest.method, kRequest.path, "x=1", kRequest.body},
      {kRequest.method, kRequest.path, kRequest.query, "octets\nof a bodY"},
      {kRequest.method, kRequest.path, kRequest.query, ""},
      {"POST\n/discovery/peer/push", "", "", kRequest.body},
  };
  for (size_t i = 0; i < changed.size(); ++i) EXPECT_FALSE(key()->signed_this(*proof, changed[i])) << i;
  PeerProof other = *proof;
  other.to = "10.0.0.3:7171";
  EXPECT_FALSE(key()->signed_this(other, kRequest)) << "to whom";
  other = *proof;
  ++other.at_ns;
  EXPECT_FALSE(key()->signed_this(other, kRequest)) << "when";
  other = *proof;
  other.nonce[15] ^= 1;
  EXPECT_FALSE(key()->signed_this(other, kRequest)) << "which one";
  other = *proof;
  other.mac[31] ^= 1;
  EXPECT_FALSE(key()->signed_this(other, kRequest)) << "the proof itself";
}

TEST(PeerSignature, AnyByteOfTheFieldCounts) {
  const std::string field = key()->sign(kRequest, kTo, kNow, kNonce);
  for (size_t at = kPeerScheme.size(); at < field.size(); ++at) {
    std::string changed = field;
    changed[at] = changed[at] == '1' ? '2' : '1';
    const auto proof = read_proof(changed);
    EXPECT_FALSE(proof && key()->signed_this(*proof, kRequest)) << changed;
    EXPECT_FALSE(read_proof(field.substr(0, at))) << at << ": cut";
  }
}

TEST(PeerSignature, ReadsNothingThatIsNotWellFormed) {
  const std::string good = key()->sign(kRequest, kTo, kNow, kNonce);
  const std::string mac(64, 'a');
  const std::string nonce(32, 'b');
  for (const std::string& bad : {
           std::string(),
           std::string("Bearer abc"),
           std::string("Discovery-Peer"),
           std::string("Discovery-Peer "),
           std::string("Discovery-Peers to=a t=1 n=") + nonce + " m=" + mac,
           good + " ",
           good + " x=1",
           "Discovery-Peer t=1 to=a n=" + nonce + " m=" + mac,
           "Discovery-Peer to= t=1 n=" + nonce + " m=" + mac,
           "Discovery-Peer to=a t= n=" + nonce + " m=" + mac,
           "Discovery-Peer to=a t=1x n=" + nonce + " m=" + mac,
           "Discovery-Peer to=a t=99999999999999999999 n=" + nonce + " m=" + mac,
           "Discovery-Peer to=a t=1 n=" + nonce + "bb m=" + mac,
           "Discovery-Peer to=a t=1 n=" + nonce.substr(2) + " m=" + mac,
           "Discovery-Peer to=a t=1 n=" + nonce + " m=" + mac + "aa",
           "Discovery-Peer  to=a t=1 n=" + nonce + " m=" + mac,
           "Discovery-Peer to=a  t=1 n=" + nonce + " m=" + mac,
       }) {
    EXPECT_FALSE(read_proof(bad)) << bad;
  }
  EXPECT_TRUE(read_proof("discovery-peer to=a t=1 n=" + nonce + " m=" + mac)) << "schemes have no case";
}

TEST(PeerKey, IsNoShortOrKnownOne) {
  EXPECT_FALSE(PeerKey::make("Zq7-9kLm_pX2.vB4"));
  EXPECT_FALSE(PeerKey::make("SecretKey012345678901234567890123456789012345678901234567890123456789"));
  EXPECT_FALSE(PeerKey::make(""));
}

TEST(ReplayGuard, LetsEachNonceThroughOnce) {
  ReplayGuard guard(HashKey{1, 2});
  constexpr Duration kWindow = std::chrono::seconds(30);
  EXPECT_EQ(guard.first_time(kNonce, kNow, kWindow), ReplayGuard::Verdict::kFirst);
  for (int second = 0; second < 60; ++second) {
    EXPECT_EQ(guard.first_time(kNonce, kNow + std::chrono::seconds(second), kWindow), ReplayGuard::Verdict::kSeen)
        << second;
  }
  Nonce other = kNonce;
  other[0] = 9;
  EXPECT_EQ(guard.first_time(other, kNow, kWindow), ReplayGuard::Verdict::kFirst);
}

// A proof that is 30 s ahead of this clock is good for 60 s from now on.
TEST(ReplayGuard, RemembersForTwoWindowsWheneverItCame) {
  constexpr Duration kWindow = std::chrono::seconds(30);
  for (int start = 0; start < 130; start += 7) {
    ReplayGuard guard(HashKey{1, 2});
    Nonce first{};
    static_cast<void>(guard.first_time(first, kNow, kWindow));
    const TimePoint came = kNow + std::chrono::seconds(start);
    ASSERT_EQ(guard.first_time(kNonce, came, kWindow), ReplayGuard::Verdict::kFirst);
    for (int later = 1; later <= 60; ++later) {
      Nonce between{};
      between[0] = static_cast<unsigned char>(later);
      static_cast<void>(guard.first_time(between, came + std::chrono::seconds(later), kWindow));
      ASSERT_EQ(guard.first_time(kNonce, came + std::chrono::seconds(later), kWindow), ReplayGuard::Verdict::kSeen)
          << start << ' ' << later;
    }
  }
}

TEST(ReplayGuard, ForgetsInTimeAndTakesNoMoreThanItSays) {
  constexpr Duration kWindow = std::chrono::seconds(30);
  ReplayGuard guard(HashKey{1, 2});
  const auto nonce = [](size_t n) {
    Nonce made{};
    for (size_t i = 0; i < sizeof n; ++i) made[i] = static_cast<unsigned char>(n >> (8 * i));
    return made;
  };
  for (size_t n = 0; n < ReplayGuard::kNoncesMax; ++n) {
    ASSERT_EQ(guard.first_time(nonce(n), kNow, kWindow), ReplayGuard::Verdict::kFirst);
  }
  EXPECT_EQ(guard.first_time(nonce(ReplayGuard::kNoncesMax), kNow, kWindow), ReplayGuard::Verdict::kFull);
  EXPECT_EQ(guard.first_time(nonce(0), kNow, kWindow), ReplayGuard::Verdict::kSeen);
  const TimePoint later = kNow + 2 * kWindow;
  EXPECT_EQ(guard.first_time(nonce(ReplayGuard::kNoncesMax), later, kWindow), ReplayGuard::Verdict::kFirst);
  EXPECT_EQ(guard.first_time(nonce(0), later, kWindow), ReplayGuard::Verdict::kSeen);
  EXPECT_EQ(guard.first_time(nonce(0), later + 4 * kWindow, kWindow), ReplayGuard::Verdict::kFirst);
}

}  // namespace
}  // namespace discovery::access
