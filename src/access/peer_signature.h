// How a node proves to another that it has the key they share.
//
//   Authorization: Discovery-Peer to=10.0.0.2:7171 t=1700000000000000000 n=<32 hex digits> m=<64 hex digits>
//
// m is HMAC-SHA-256, by the shared key, of the lines: "discovery-peer-1", method, path, query, to, t, n and the SHA-256
// of the body. So nothing of a request can be changed, a request to one node is none to another, and one that was heard
// is good for kWindow at most, and once (replay_guard.h).
// Thread: PeerKey is immutable; any. Cost: two hashes over the body.
// Limits: the sender's clock and the receiver's may differ by kWindow. Answers are not signed.
// Source: security.md 1, "peer identity by mTLS SAN or HMAC(timestamp, nonce, body)".
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "access/digest256.h"
#include "base/result.h"
#include "base/time.h"

namespace discovery::access {

inline constexpr std::string_view kPeerScheme = "Discovery-Peer";

using Nonce = std::array<unsigned char, 16>;

/// What is signed of a request.
struct SignedRequest {
  std::string_view method;  ///< "GET"
  std::string_view path;    ///< without anything to decode or clean
  std::string_view query;   ///< as sent
  std::string_view body;
};

/// What the field says.
struct PeerProof {
  std::string_view to;  ///< whom it was sent to, host:port as nodes are configured
  int64_t at_ns = 0;
  Nonce nonce{};
  Digest256 mac{};
};

/// None: it is not of this scheme, or not well formed.
[[nodiscard]] std::optional<PeerProof> read_proof(std::string_view authorization);

class PeerKey {
 public:
  static constexpr Duration kWindow = std::chrono::seconds(30);

  /// kInvalidArgument when it is none (secrets.h).
  [[nodiscard]] static Result<std::shared_ptr<const PeerKey>> make(std::string secret);

  /// The value of the Authorization field.
  [[nodiscard]] std::string sign(const SignedRequest& request, std::string_view to, TimePoint now,
                                 const Nonce& nonce) const;
  [[nodiscard]] bool signed_this(const PeerProof& proof, const SignedRequest& request) const;

 private:
  explicit PeerKey(std::string secret) : secret_(std::move(secret)) {}
  [[nodiscard]] Digest256 mac_of(const SignedRequest& request, std::string_view to, int64_t at_ns,
                                 const Nonce& nonce) const;

  const std::string secret_;
};

}  // namespace discovery::access
