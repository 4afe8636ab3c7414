#include "access/peer_signature.h"

#include <charconv>
#include <cstring>
#include <utility>

#include "access/secrets.h"
#include "codec/hex.h"
#include "codec/text.h"

namespace discovery::access {

namespace {

std::string_view view_of(const Nonce& nonce) { return {reinterpret_cast<const char*>(nonce.data()), nonce.size()}; }

/// The value of "name=" at the front of `text`, which is advanced behind the blank that ends it.
std::optional<std::string_view> take(std::string_view& text, std::string_view name) {
  if (!text.starts_with(name) || text.size() <= name.size() || text[name.size()] != '=') return std::nullopt;
  text.remove_prefix(name.size() + 1);
  const std::string_view value = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), value.size() + 1));
  if (value.empty()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<PeerProof> read_proof(std::string_view authorization) {
  if (authorization.size() <= kPeerScheme.size() ||
      !codec::equals_ignoring_case(authorization.substr(0, kPeerScheme.size()), kPeerScheme) ||
      authorization[kPeerScheme.size()] != ' ' || authorization.ends_with(' ')) {
    return std::nullopt;
  }
  std::string_view rest = authorization.substr(kPeerScheme.size() + 1);
  PeerProof proof;
  const auto to = take(rest, "to");
  const auto at = to ? take(rest, "t") : std::nullopt;
  const auto nonce = at ? take(rest, "n") : std::nullopt;
  const auto mac = nonce ? take(rest, "m") : std::nullopt;
  if (!mac || !rest.empty()) return std::nullopt;
  proof.to = *to;
  const char* const end = at->data() + at->size();
  const auto [stop, problem] = std::from_chars(at->data(), end, proof.at_ns);
  if (problem != std::errc() || stop != end) return std::nullopt;
  if (nonce->size() != 2 * proof.nonce.size()) return std::nullopt;
  const auto nonce_bytes = codec::from_hex(*nonce);
  const auto mac_bytes = digest_from_hex(*mac);
  if (!nonce_bytes || !mac_bytes) return std::nullopt;
  std::memcpy(proof.nonce.data(), nonce_bytes->data(), proof.nonce.size());
  proof.mac = *mac_bytes;
  return proof;
}

Result<std::shared_ptr<const PeerKey>> PeerKey::make(std::string secret) {
  if (const auto good = check_secret(secret, kPeerKeyBytesMin); !good) return good.error();
  return std::shared_ptr<const PeerKey>(new PeerKey(std::move(secret)));
}

// Each line ends before the next begins: none of the parts can hold a line end, but the body, of which the hash stands
// there.
Digest256 PeerKey::mac_of(const SignedRequest& request, std::string_view to, int64_t at_ns, const Nonce& nonce) const {
  std::string text = "discovery-peer-1";
  const std::string at = std::to_string(at_ns);
  const std::string nonce_hex = codec::to_hex(view_of(nonce));
  const std::string body_hex = to_hex(sha256(request.body));
  for (const std::string_view part : {request.method, request.path, request.query, to, std::string_view(at),
                                      std::string_view(nonce_hex), std::string_view(body_hex)}) {
    text.append("\n").append(part);
  }
  return hmac_sha256(secret_, text);
}

std::string PeerKey::sign(const SignedRequest& request, std::string_view to, TimePoint now, const Nonce& nonce) const {
  const int64_t at_ns = to_wire_ns(now);
  std::string value(kPeerScheme);
  value.append(" to=").append(to).append(" t=").append(std::to_string(at_ns));
  value.append(" n=").append(codec::to_hex(view_of(nonce)));
  value.append(" m=").append(to_hex(mac_of(request, to, at_ns, nonce)));
  return value;
}

bool PeerKey::signed_this(const PeerProof& proof, const SignedRequest& request) const {
  return equal(proof.mac, mac_of(request, proof.to, proof.at_ns, proof.nonce));
}

}  // namespace discovery::access
