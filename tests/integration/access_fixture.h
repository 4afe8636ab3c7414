// A daemon, or a cluster, with access control: its tokens and who has them.
#pragma once

#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "access/peer_signature.h"
#include "integration/cluster_nodes.h"
#include "integration/daemon.h"

namespace discovery::integration {

inline const std::string kReader = "reader-Zq7-9kLm_pX2.vB4";
inline const std::string kWriter = "writer-Hj3+4nTr=wY8,cD6";
inline const std::string kShopReader = "shop-reader-b5!Kf0@Lw2#";
inline const std::string kAdmin = "admin-Ux1&Gz6*Rt9(Ms4)";
inline const std::string kShopAdmin = "shop-admin-Yx5%Nq0~Wd7|Ft3";
inline const std::string kPeerKey = "aB3$dE6&gH9)jK2=mN5?pQ8@sT1;vW4!";

inline const std::string kTokens = R"({"tokens": [
  // everything may be read by the first, one application by the third
  {"name": "reader", "secret": ")" +
                                   kReader + R"(", "grants": [{"rights": ["read"]}]},
  {"name": "writer", "secret": ")" +
                                   kWriter + R"(", "grants": [{"rights": ["write"], "env": "ct", "apps": ["shop."]}]},
  {"name": "shop-reader", "secret": ")" +
                                   kShopReader +
                                   R"(", "grants": [{"rights": ["read"], "env": "ct", "apps": ["shop."]}]},
  {"name": "admin", "secret": ")" + kAdmin +
                                   R"(", "grants": [{"rights": ["admin"]}, {"rights": ["read"]}]},
  {"name": "shop-admin", "secret": ")" +
                                   kShopAdmin +
                                   R"(", "grants": [{"rights": ["admin"], "env": "ct", "apps": ["shop."]}]}
]})";

[[nodiscard]] inline std::string bearer(const std::string& token) { return "Authorization: Bearer " + token + "\r\n"; }

/// The header line by which a node proves that it asks `of` that; each call makes another one.
[[nodiscard]] inline std::string signed_by_peer(const access::SignedRequest& what, const Address& of) {
  static uint64_t count = 0;
  access::Nonce nonce{};
  std::memcpy(nonce.data(), &++count, sizeof count);
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  const TimePoint at = from_wire_ns(now.tv_sec * 1'000'000'000LL + now.tv_nsec);
  const auto key = access::PeerKey::make(kPeerKey);
  return "Authorization: " + (*key)->sign(what, of.text(), at, nonce) + "\r\n";
}

/// The files that access control is made of, and the settings that name them.
struct AccessFiles {
  TempDir folder;
  std::string tokens = folder.put("tokens.json", kTokens);
  std::string peer_key = folder.put("peer.key", kPeerKey + "\n");
  std::string audit = folder / "audit.log";

  [[nodiscard]] std::vector<std::string> settings() const {
    return {"access.required=true", "access.token_file=" + tokens, "access.peer_key_file=" + peer_key,
            "access.audit_file=" + audit};
  }
  /// A daemon that is asked by the admin, unless a test says who asks.
  [[nodiscard]] DaemonOptions options() const { return {.flags = with_settings(settings()), .token = kAdmin}; }
};

}  // namespace discovery::integration
