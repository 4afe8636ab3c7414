// Who sends a request, and what that allows.
//
//   off (the default):  everybody may do what the protocol lets them; peers are known by address (peer_access)
//   on:                 Authorization: Bearer TOKEN, or Basic with the token as password -> a token of the table
//                       Authorization: Discovery-Peer ...                               -> a node (peer_signature.h)
//                       none                                                            -> "anonymous" of the table
//                       anything else                                                   -> nobody, whatever is asked
//
// Nothing else counts: no address, no other field, no parameter (security.md 1, "trust by header"). The route is found
// first, and what it needs is asked of the Caller.
// Lifecycle: one per reactor; what it was made of is shared and immutable. Thread: its reactor's.
// Cost: nothing while it is off; with a token one SHA-256.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "access/peer_signature.h"
#include "access/replay_guard.h"
#include "access/rights.h"
#include "access/token_table.h"
#include "codec/http.h"

namespace discovery::access {

/// What stands behind "Bearer" in an Authorization field; none when it is of another scheme.
[[nodiscard]] std::optional<std::string_view> bearer_token(std::string_view authorization);

/// Somebody who asks. Valid while the request is handled.
class Caller {
 public:
  enum class Kind : uint8_t {
    kAnybody,    ///< access control is off
    kPrincipal,  ///< a token, or the anonymous of the table
    kPeer,
    kUnknown,  ///< sends nothing, and there is no anonymous
    kRefused,  ///< sends what proves nothing
  };

  static Caller anybody() { return Caller(Kind::kAnybody, nullptr, ""); }
  static Caller of(const Principal& who) { return Caller(Kind::kPrincipal, &who, ""); }
  static Caller peer() { return Caller(Kind::kPeer, nullptr, ""); }
  static Caller unknown() { return Caller(Kind::kUnknown, nullptr, "a token is needed"); }
  /// `why`: a literal.
  static Caller refused(std::string_view why) { return Caller(Kind::kRefused, nullptr, why); }

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_peer() const { return kind_ == Kind::kPeer; }
  /// For audit lines: the name of the token, "peer", "anonymous", or "-" while access control is off.
  [[nodiscard]] std::string_view name() const;

  /// A peer may read and write everything, and administer nothing.
  [[nodiscard]] bool may(Right right, std::string_view env, std::string_view appid) const;
  [[nodiscard]] bool may_all(Right right) const;
  [[nodiscard]] bool may_any(Right right) const;

  /// What is answered to a caller that may not: kUnauthenticated when it showed nothing that counts, else kForbidden.
  [[nodiscard]] Error denial(Right right) const;

 private:
  Caller(Kind kind, const Principal* who, std::string_view why) : kind_(kind), who_(who), why_(why) {}
  [[nodiscard]] bool unlimited(Right right) const;

  Kind kind_;
  const Principal* who_;
  std::string_view why_;
};

struct AccessSettings {
  bool required = false;
  std::shared_ptr<const TokenTable> tokens = std::make_shared<const TokenTable>();
  std::shared_ptr<const PeerKey> peer_key;  ///< null: no node is believed
  std::string own_address;                  ///< as other nodes call this one
};

class AccessControl {
 public:
  /// Off.
  explicit AccessControl(ReplayGuard& replays) : replays_(replays) {}
  AccessControl(AccessSettings settings, ReplayGuard& replays) : settings_(std::move(settings)), replays_(replays) {}

  [[nodiscard]] bool required() const { return settings_.required; }
  /// A proof of a peer counts once: ask once per request.
  [[nodiscard]] Caller identify(const codec::HttpRequest& request) const {
    return settings_.required ? who_sends(request) : Caller::anybody();
  }
  /// For a reload; on the reactor's thread.
  void update(AccessSettings settings) { settings_ = std::move(settings); }

 private:
  [[nodiscard]] Caller who_sends(const codec::HttpRequest& request) const;
  [[nodiscard]] Caller of_proof(const codec::HttpRequest& request, std::string_view authorization) const;

  AccessSettings settings_;
  ReplayGuard& replays_;
};

}  // namespace discovery::access
