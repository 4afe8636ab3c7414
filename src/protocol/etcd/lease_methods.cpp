// LeaseGrant, LeaseRevoke, LeaseTimeToLive, LeaseLeases.
#include "protocol/etcd/methods.h"

namespace discovery::protocol::etcd {

using access::Right;

namespace {

std::vector<keyspace::KeyValuePtr> attached_to(const UnaryContext& context, keyspace::LeaseId id) {
  std::vector<keyspace::KeyValuePtr> attached;
  if (const auto lease = context.service.keys().lease(id, true, context.service.now())) {
    for (const std::string& key : lease->keys) {
      for (keyspace::KeyValuePtr& kv : context.service.keys().range({key, ""}, 0).kvs)
        attached.push_back(std::move(kv));
    }
  }
  return attached;
}

Status may_revoke(const UnaryContext& context, keyspace::LeaseId id) {
  const Permissions& permissions = context.service.permissions();
  return permissions.required() ? permissions.may_delete(context.caller, attached_to(context, id)) : ok();
}

/// Its keys are told to who may read them all.
Status may_look_at(const UnaryContext& context, const pb::LeaseTimeToLiveRequest& request) {
  const Permissions& permissions = context.service.permissions();
  Status may = permissions.may_any(context.caller, Right::kRead);
  if (may.code != Code::kOk || !request.keys() || !permissions.required()) return may;
  return permissions.may_see(context.caller, attached_to(context, request.id()));
}

}  // namespace

UnaryAnswer lease_grant(const UnaryContext& context, std::string_view bytes) {
  pb::LeaseGrantRequest request;
  if (!parse(request, bytes)) return UnaryAnswer::of({Code::kInternal, "malformed message"});
  if (Status may = context.service.permissions().may_any(context.caller, Right::kWrite); may.code != Code::kOk) {
    return UnaryAnswer::of(std::move(may));
  }
  if (request.ttl() > kLeaseSecondsMax) return UnaryAnswer::of(lease_too_long());
  if (request.id() < 0) return UnaryAnswer::of(no_lease());
  const keyspace::GrantOutcome outcome = context.service.keys().grant(
      request.id(), std::chrono::seconds(std::max<int64_t>(0, request.ttl())), context.client, context.service.now());
  if (outcome.fault != keyspace::Fault::kNone) return UnaryAnswer::of(status_of(outcome.fault));
  pb::LeaseGrantResponse answer;
  fill_header(*answer.mutable_header(), context.service.ids(), outcome.revision);
  answer.set_id(outcome.id);
  answer.set_ttl(outcome.length.count());
  // Not waited for: any node takes a lease on by what its id tells (R3), unless a client chose it.
  return UnaryAnswer::of(answer, request.id() != 0);
}

UnaryAnswer lease_revoke(const UnaryContext& context, std::string_view bytes) {
  pb::LeaseRevokeRequest request;
  if (!parse(request, bytes)) return UnaryAnswer::of({Code::kInternal, "malformed message"});
  context.writes.ask({});
  if (Status may = may_revoke(context, request.id()); may.code != Code::kOk) return UnaryAnswer::of(std::move(may));
  const size_t keys = context.service.node().audits() ? attached_to(context, request.id()).size() : 0;
  if (!context.service.keys().revoke(request.id(), context.client, context.service.now())) {
    return UnaryAnswer::of(no_lease());
  }
  const keyspace::Revision revision = context.service.keys().revision();
  context.writes.done(keys, 0, revision);
  pb::LeaseRevokeResponse answer;
  fill_header(*answer.mutable_header(), context.service.ids(), revision);
  return UnaryAnswer::of(answer, true);
}

UnaryAnswer lease_time_to_live(const UnaryContext& context, std::string_view bytes) {
  pb::LeaseTimeToLiveRequest request;
  if (!parse(request, bytes)) return UnaryAnswer::of({Code::kInternal, "malformed message"});
  if (Status may = may_look_at(context, request); may.code != Code::kOk) return UnaryAnswer::of(std::move(may));
  pb::LeaseTimeToLiveResponse answer;
  fill_header(*answer.mutable_header(), context.service.ids(), context.service.keys().revision());
  answer.set_id(request.id());
  answer.set_ttl(-1);
  if (const auto lease = context.service.keys().lease(request.id(), request.keys(), context.service.now())) {
    answer.set_ttl(lease->left.count());
    answer.set_grantedttl(lease->granted.count());
    for (const std::string& key : lease->keys) answer.add_keys(key);
  }
  return UnaryAnswer::of(answer);
}

UnaryAnswer lease_leases(const UnaryContext& context, std::string_view bytes) {
  pb::LeaseLeasesRequest request;
  if (!parse(request, bytes)) return UnaryAnswer::of({Code::kInternal, "malformed message"});
  if (Status may = context.service.permissions().may_any(context.caller, Right::kRead); may.code != Code::kOk) {
    return UnaryAnswer::of(std::move(may));
  }
  pb::LeaseLeasesResponse answer;
  fill_header(*answer.mutable_header(), context.service.ids(), context.service.keys().revision());
  for (const keyspace::LeaseId id : context.service.keys().leases()) answer.add_leases()->set_id(id);
  return UnaryAnswer::of(answer);
}

}  // namespace discovery::protocol::etcd
