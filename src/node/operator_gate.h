// Who may ask what of a node besides the Discovery API: the questions of an operator and the admin calls.
//
//   access control off   questions are open; admin calls are answered on loopback, to who has the token
//                        (admin_token.h), and on the admin listener where there is one
//   access control on    each route asks for what its row says (Need); no address counts, loopback neither
//
// A request that carries an Origin comes from a page in a browser: an admin call of it is refused without a token,
// loopback or not, and with one unless the page is this daemon's own.
// Lifecycle: one per listener and reactor. Thread: its reactor's.
// Source: security.md 1, "route first, authorise the route, deny unknown".
#pragma once

#include <optional>

#include "access/access_control.h"
#include "base/result.h"
#include "codec/http.h"
#include "node/routes.h"

namespace discovery::node {

/// What a gate tells, and asks where access control is off. Thread: any.
class GateKeeper {
 public:
  /// The value of an Authorization field names the token of this node (admin.token_file).
  [[nodiscard]] virtual bool authorized(std::string_view authorization) const = 0;
  /// An admin call was let in; or any request refused, with its status.
  virtual void admitted(const RouteRow& row, const codec::HttpRequest& request, std::string_view user) = 0;
  virtual void denied(const RouteRow& row, const codec::HttpRequest& request, std::string_view user, int status) = 0;

 protected:
  ~GateKeeper() = default;
};

class OperatorGate {
 public:
  /// `by_place`: admin calls need the token unless they come from loopback.
  OperatorGate(const access::AccessControl& access, GateKeeper& keeper, bool by_place)
      : access_(access), keeper_(keeper), by_place_(by_place) {}

  /// The HTTP status if this client may not ask that here; the reply says why. Precondition: `row` is an operator's.
  [[nodiscard]] std::optional<int> refuse(const RouteRow& row, const codec::HttpRequest& request,
                                          codec::HttpReply& reply) const;

  /// Somebody who is no node sent what only nodes send.
  void note_stranger(const RouteRow& row, const codec::HttpRequest& request) const {
    keeper_.denied(row, request, "unknown", 403);
  }

 private:
  [[nodiscard]] Result<void> admit(const RouteRow& row, const codec::HttpRequest& request,
                                   const access::Caller& caller) const;
  [[nodiscard]] Result<void> admit_by_token(const codec::HttpRequest& request) const;

  const access::AccessControl& access_;
  GateKeeper& keeper_;
  bool by_place_;
};

}  // namespace discovery::node
