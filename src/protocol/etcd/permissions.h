// Who may do what with which keys, where access control is on.
//
// A key belongs to the applications it stands for; what stands for none, and a range that may hold more than one
// application, takes the right over everything. Where the place of a key tells an application, too, whoever writes
// there needs the right over both: the clients of that one would read it. What is written over counts like what is
// deleted. A token comes from Authenticate (user: the token's name, password: its secret) and is sent as metadata
// "token", or as "authorization: Bearer ...". Thread: one reactor's.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/token_table.h"
#include "grpc/call.h"
#include "keyspace/key_mapper.h"
#include "keyspace/key_value.h"
#include "protocol/etcd/errors.h"

namespace discovery::protocol::etcd {

class Permissions {
 public:
  /// Null `tokens`: everybody may do everything.
  Permissions(std::shared_ptr<const access::TokenTable> tokens, const keyspace::KeyMapper& mapper)
      : tokens_(std::move(tokens)), mapper_(mapper) {}

  void update(std::shared_ptr<const access::TokenTable> tokens) { tokens_ = std::move(tokens); }
  [[nodiscard]] bool required() const { return tokens_ != nullptr; }

  /// Whose secret that is; null: nobody's. Valid until the next update().
  [[nodiscard]] const access::Principal* find(std::string_view secret) const {
    return tokens_ ? tokens_->find(secret) : nullptr;
  }

  /// What a caller showed. A stream outlives updates, so what it may is looked up whenever it is asked.
  struct Caller {
    std::string secret;  ///< "": none
  };
  [[nodiscard]] static Caller identify(const grpc::CallRequest& request);
  /// As the audit names it: of a token its name, "anonymous", "unknown"; "-" without access control. Valid as find().
  [[nodiscard]] std::string_view user_of(const Caller& caller) const;

  [[nodiscard]] Status may_read(const Caller& caller, const KeyRange& range) const;
  /// `before`: what is there and is written over; null: nothing.
  [[nodiscard]] Status may_write(const Caller& caller, std::string_view key, std::string_view value,
                                 const keyspace::KeyValuePtr& before) const;
  [[nodiscard]] Status may_delete(const Caller& caller, const std::vector<keyspace::KeyValuePtr>& keys) const;
  /// Keys that an answer shows although nobody asked for them by a range.
  [[nodiscard]] Status may_see(const Caller& caller, const std::vector<keyspace::KeyValuePtr>& keys) const;
  /// Leases and what tells of the node.
  [[nodiscard]] Status may_any(const Caller& caller, access::Right right) const;

 private:
  /// Null: nothing that counts was sent.
  [[nodiscard]] const access::Principal* who(const Caller& caller) const;
  [[nodiscard]] bool holds_key(const access::Principal& asks, access::Right right, std::string_view key,
                               std::string_view value) const;
  [[nodiscard]] Status on_keys(const Caller& caller, access::Right right,
                               const std::vector<keyspace::KeyValuePtr>& keys) const;

  std::shared_ptr<const access::TokenTable> tokens_;
  const keyspace::KeyMapper& mapper_;
};

}  // namespace discovery::protocol::etcd
