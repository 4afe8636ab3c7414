#include "protocol/etcd/permissions.h"

#include <algorithm>

#include "access/access_control.h"

namespace discovery::protocol::etcd {

using access::Right;

namespace {
Status refusal(const Permissions::Caller& caller, const access::Principal* who) {
  return !caller.secret.empty() && !who ? bad_token() : forbidden();
}
}  // namespace

Permissions::Caller Permissions::identify(const grpc::CallRequest& request) {
  std::string_view secret = request.field("token");
  if (secret.empty()) secret = access::bearer_token(request.field("authorization")).value_or("");
  if (secret.empty()) secret = request.field("authorization");  // etcd's clients send the bare token there too
  return {std::string(secret)};
}

std::string_view Permissions::user_of(const Caller& caller) const {
  if (!tokens_) return "-";
  if (caller.secret.empty()) return "anonymous";
  const access::Principal* const token = tokens_->find(caller.secret);
  return token ? std::string_view(token->name) : "unknown";
}

const access::Principal* Permissions::who(const Caller& caller) const {
  return caller.secret.empty() ? tokens_->anonymous() : tokens_->find(caller.secret);
}

Status Permissions::may_any(const Caller& caller, Right right) const {
  if (!tokens_) return ok();
  const access::Principal* const asks = who(caller);
  return asks && asks->may_any(right) ? ok() : refusal(caller, asks);
}

bool Permissions::holds_key(const access::Principal& asks, Right right, std::string_view key,
                            std::string_view value) const {
  const auto mapped = mapper_.instances_of(key, value);
  return !mapped.empty() && std::ranges::all_of(mapped, [&](const keyspace::MappedInstance& one) {
    return asks.may(right, one.env, one.appid);
  });
}

// NOLINTNEXTLINE(readability-function-size): who, where, what and over what
Status Permissions::may_write(const Caller& caller, std::string_view key, std::string_view value,
                              const keyspace::KeyValuePtr& before) const {
  if (!tokens_) return ok();
  const access::Principal* const asks = who(caller);
  if (!asks) return refusal(caller, asks);
  if (asks->may_all(Right::kWrite)) return ok();
  const auto place = mapper_.app_of({std::string(key), ""});
  const bool may = holds_key(*asks, Right::kWrite, key, value) &&
                   (!place || asks->may(Right::kWrite, place->env, place->appid)) &&
                   (!before || holds_key(*asks, Right::kWrite, key, before->value));
  return may ? ok() : refusal(caller, asks);
}

Status Permissions::on_keys(const Caller& caller, Right right, const std::vector<keyspace::KeyValuePtr>& keys) const {
  if (!tokens_) return ok();
  const access::Principal* const asks = who(caller);
  const bool may = asks && (asks->may_all(right) || std::ranges::all_of(keys, [&](const keyspace::KeyValuePtr& kv) {
                              return holds_key(*asks, right, kv->key, kv->value);
                            }));
  return may ? ok() : refusal(caller, asks);
}

Status Permissions::may_delete(const Caller& caller, const std::vector<keyspace::KeyValuePtr>& keys) const {
  return keys.empty() ? may_any(caller, Right::kWrite) : on_keys(caller, Right::kWrite, keys);
}

Status Permissions::may_see(const Caller& caller, const std::vector<keyspace::KeyValuePtr>& keys) const {
  return on_keys(caller, Right::kRead, keys);
}

Status Permissions::may_read(const Caller& caller, const KeyRange& range) const {
  if (!tokens_) return ok();
  const access::Principal* const asks = who(caller);
  if (!asks) return refusal(caller, asks);
  if (asks->may_all(Right::kRead)) return ok();
  const auto app = mapper_.app_of(range);
  return app && asks->may(Right::kRead, app->env, app->appid) ? ok() : refusal(caller, asks);
}

}  // namespace discovery::protocol::etcd
