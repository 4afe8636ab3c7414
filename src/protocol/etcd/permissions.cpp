#include "protocol/etcd/permissions.h"

#include "access/access_control.h"

namespace discovery::protocol::etcd {

using access::Right;

namespace {
Status refusal(const Permissions::Caller& caller) {
  return caller.sent_token && !caller.who ? bad_token() : forbidden();
}
}  // namespace

Permissions::Caller Permissions::identify(const grpc::CallRequest& request) const {
  Caller caller;
  caller.generation = generation_;
  if (!tokens_) return caller;
  caller.anybody = false;
  std::string_view secret = request.field("token");
  if (secret.empty()) secret = access::bearer_token(request.field("authorization")).value_or("");
  if (secret.empty()) secret = request.field("authorization");  // etcd's clients send the bare token there too
  caller.sent_token = !secret.empty();
  caller.secret = secret;
  caller.who = caller.sent_token ? tokens_->find(secret) : tokens_->anonymous();
  return caller;
}

void Permissions::refresh(Caller& caller) const {
  if (caller.generation == generation_) return;
  caller.generation = generation_;
  if (caller.anybody || !tokens_) return;  // access control is switched by a restart
  caller.who = caller.sent_token ? tokens_->find(caller.secret) : tokens_->anonymous();
}

Status Permissions::may_any(const Caller& caller, Right right) const {
  if (caller.anybody || (caller.who && caller.who->may_any(right))) return ok();
  return refusal(caller);
}

Status Permissions::on_key(const Caller& caller, Right right, std::string_view key, std::string_view value) const {
  if (caller.anybody) return ok();
  if (!caller.who) return refusal(caller);
  if (caller.who->may_all(right)) return ok();
  const auto mapped = mapper_.instances_of(key, value);
  if (mapped.empty()) return refusal(caller);
  for (const keyspace::MappedInstance& one : mapped) {
    if (!caller.who->may(right, one.env, one.appid)) return refusal(caller);
  }
  return ok();
}

Status Permissions::may_write(const Caller& caller, std::string_view key, std::string_view value) const {
  return on_key(caller, Right::kWrite, key, value);
}

Status Permissions::may_delete(const Caller& caller, const std::vector<keyspace::KeyValuePtr>& keys) const {
  for (const keyspace::KeyValuePtr& kv : keys) {
    if (Status status = on_key(caller, Right::kWrite, kv->key, kv->value); status.code != Code::kOk) return status;
  }
  return keys.empty() ? may_any(caller, Right::kWrite) : ok();
}

Status Permissions::may_read(const Caller& caller, const keyspace::KeyRange& range) const {
  if (caller.anybody) return ok();
  if (!caller.who) return refusal(caller);
  if (caller.who->may_all(Right::kRead)) return ok();
  const auto app = mapper_.app_of(range);
  return app && caller.who->may(Right::kRead, app->env, app->appid) ? ok() : refusal(caller);
}

}  // namespace discovery::protocol::etcd
