#include "access/access_control.h"

#include <openssl/evp.h>

#include <algorithm>
#include <optional>

#include "codec/text.h"

namespace discovery::access {

namespace {

constexpr size_t kCredentialsBytesMax = 2048;

/// What stands behind the name of a scheme; none when it is another.
std::optional<std::string_view> of_scheme(std::string_view authorization, std::string_view scheme) {
  if (authorization.size() <= scheme.size() || authorization[scheme.size()] != ' ' ||
      !codec::equals_ignoring_case(authorization.substr(0, scheme.size()), scheme)) {
    return std::nullopt;
  }
  return codec::trim_blanks(authorization.substr(scheme.size()));
}

/// The password of Basic credentials (RFC 7617): for clients that can send no other.
std::optional<std::string> password_of(std::string_view credentials) {
  if (credentials.empty() || credentials.size() % 4 != 0 || credentials.size() > kCredentialsBytesMax) {
    return std::nullopt;
  }
  std::string text(credentials.size(), '\0');
  const int bytes =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(credentials.data()), static_cast<int>(credentials.size()));
  if (bytes < 0) return std::nullopt;
  const size_t padding = credentials.ends_with("==") ? 2 : credentials.ends_with('=') ? 1 : 0;
  text.resize(static_cast<size_t>(bytes) - padding);
  const size_t colon = text.find(':');
  if (colon == std::string::npos) return std::nullopt;
  return text.substr(colon + 1);
}

/// Two fields of one name: proxies and we might believe different ones.
bool more_than_one(const codec::HttpRequest& request) {
  return std::count_if(request.fields.begin(), request.fields.end(), [](const codec::HttpField& f) {
           return codec::equals_ignoring_case(f.name, "authorization");
         }) > 1;
}

}  // namespace

std::optional<std::string_view> bearer_token(std::string_view authorization) {
  return of_scheme(authorization, "Bearer");
}

std::string_view Caller::name() const {
  switch (kind_) {
    case Kind::kAnybody:
      return "-";
    case Kind::kPrincipal:
      return who_->name;
    case Kind::kPeer:
      return "peer";
    case Kind::kUnknown:
      return kAnonymous;
    case Kind::kRefused:
      break;
  }
  return "unknown";
}

bool Caller::unlimited(Right right) const {
  return kind_ == Kind::kAnybody || (kind_ == Kind::kPeer && right != Right::kAdmin);
}

bool Caller::may(Right right, std::string_view env, std::string_view appid) const {
  return unlimited(right) || (who_ && who_->may(right, env, appid));
}

bool Caller::may_all(Right right) const { return unlimited(right) || (who_ && who_->may_all(right)); }

bool Caller::may_any(Right right) const { return unlimited(right) || (who_ && who_->may_any(right)); }

Error Caller::denial(Right right) const {
  if (!why_.empty()) return {ErrorCode::kUnauthenticated, std::string(why_)};
  return {ErrorCode::kForbidden,
          std::string(name()) + " has not the right to " + std::string(right_name(right)) + " that"};
}

Caller AccessControl::who_sends(const codec::HttpRequest& request) const {
  const std::string_view authorization = request.field("authorization");
  if (authorization.empty()) {
    const Principal* anonymous = settings_.tokens->anonymous();
    return anonymous ? Caller::of(*anonymous) : Caller::unknown();
  }
  if (more_than_one(request)) return Caller::refused("there is more than one Authorization field");
  const Principal* known = nullptr;
  if (const auto token = bearer_token(authorization)) {
    known = settings_.tokens->find(*token);
  } else if (const auto basic = of_scheme(authorization, "Basic")) {
    const auto password = password_of(*basic);
    known = password ? settings_.tokens->find(*password) : nullptr;
  } else if (of_scheme(authorization, kPeerScheme)) {
    return of_proof(request, authorization);
  }
  return known ? Caller::of(*known) : Caller::refused("that is no token of this node");
}

Caller AccessControl::of_proof(const codec::HttpRequest& request, std::string_view authorization) const {
  const auto proof = read_proof(authorization);
  if (!proof || !settings_.peer_key) return Caller::refused("that proves no peer");
  const SignedRequest what{codec::method_name(request.method), request.path, request.query, request.body};
  if (!settings_.peer_key->signed_this(*proof, what))
    return Caller::refused("that is not signed by the key of the peers");
  if (proof->to != settings_.own_address) return Caller::refused("that was signed for another node");
  const int64_t now_ns = to_wire_ns(request.received_at);
  const int64_t window_ns = PeerKey::kWindow.count();
  if (proof->at_ns < now_ns - window_ns || proof->at_ns > now_ns + window_ns) {
    return Caller::refused("that was signed too long ago, or the clocks of the nodes differ by more than 30 s");
  }
  switch (replays_.first_time(proof->nonce, request.received_at, PeerKey::kWindow)) {
    case ReplayGuard::Verdict::kFirst:
      return Caller::peer();
    case ReplayGuard::Verdict::kSeen:
      return Caller::refused("that was sent before");
    case ReplayGuard::Verdict::kFull:
      break;
  }
  return Caller::refused("too many signed requests within a minute");
}

}  // namespace discovery::access
