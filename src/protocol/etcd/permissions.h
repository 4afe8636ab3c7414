// Who may do what with which keys, where access control is on.
//
// A key belongs to the applications it stands for; what stands for none, and a range that may hold more than one
// application, takes the right over everything.
// A token comes from Authenticate (user: the token's name, password: its secret) and is sent as metadata "token", or as
// "authorization: Bearer ...". Thread: one reactor's.
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

  void update(std::shared_ptr<const access::TokenTable> tokens) {
    tokens_ = std::move(tokens);
    ++generation_;
  }
  [[nodiscard]] bool required() const { return tokens_ != nullptr; }

  /// Whose secret that is; null: nobody's.
  [[nodiscard]] const access::Principal* find(std::string_view secret) const {
    return tokens_ ? tokens_->find(secret) : nullptr;
  }

  /// One caller, for the length of a call. To be refreshed before each question: an update() may come in between.
  struct Caller {
    bool anybody = true;                     ///< access control is off
    const access::Principal* who = nullptr;  ///< null where it is on: nothing that counts was sent
    bool sent_token = false;
    std::string secret{};
    uint64_t generation = 0;
  };
  [[nodiscard]] Caller identify(const grpc::CallRequest& request) const;
  /// Whose secret that is by the tokens of now: one that was taken away counts no more, in open streams neither.
  void refresh(Caller& caller) const;

  [[nodiscard]] Status may_read(const Caller& caller, const keyspace::KeyRange& range) const;
  [[nodiscard]] Status may_write(const Caller& caller, std::string_view key, std::string_view value) const;
  [[nodiscard]] Status may_delete(const Caller& caller, const std::vector<keyspace::KeyValuePtr>& keys) const;
  /// Leases and what tells of the node.
  [[nodiscard]] Status may_any(const Caller& caller, access::Right right) const;

 private:
  [[nodiscard]] Status on_key(const Caller& caller, access::Right right, std::string_view key,
                              std::string_view value) const;

  std::shared_ptr<const access::TokenTable> tokens_;
  uint64_t generation_ = 0;  ///< of tokens_
  const keyspace::KeyMapper& mapper_;
};

}  // namespace discovery::protocol::etcd
