// MemberList, Status, Alarm, Authenticate, AuthStatus.
#include "protocol/etcd/methods.h"

namespace discovery::protocol::etcd {

UnaryAnswer member_list(const UnaryContext& context, std::string_view bytes) {
  pb::MemberListRequest request;
  if (!parse(request, bytes)) return UnaryAnswer::of({Code::kInternal, "malformed message"});
  pb::MemberListResponse answer;
  fill_header(*answer.mutable_header(), context.service.ids(), context.service.keys().revision());
  for (const MemberInfo& member : context.service.node().members()) {
    pb::Member& one = *answer.add_members();
    one.set_id(member.id);
    one.set_name(member.name);
    one.add_peerurls(member.peer_url);
    one.add_clienturls(member.client_url);
  }
  return UnaryAnswer::of(answer);
}

UnaryAnswer status(const UnaryContext& context, std::string_view bytes) {
  pb::StatusRequest request;
  if (!parse(request, bytes)) return UnaryAnswer::of({Code::kInternal, "malformed message"});
  const keyspace::Keyspace::Numbers numbers = context.service.keys().numbers();
  pb::StatusResponse answer;
  fill_header(*answer.mutable_header(), context.service.ids(), context.service.keys().revision());
  answer.set_version(std::string(kVersion));
  answer.set_dbsize(static_cast<int64_t>(numbers.bytes));
  answer.set_dbsizeinuse(static_cast<int64_t>(numbers.bytes));
  answer.set_leader(context.service.ids().member);  // each node answers for itself
  answer.set_raftindex(numbers.events + 1);
  answer.set_raftappliedindex(numbers.events + 1);
  answer.set_raftterm(1);
  return UnaryAnswer::of(answer);
}

UnaryAnswer alarm(const UnaryContext& context, std::string_view bytes) {
  pb::AlarmRequest request;
  if (!parse(request, bytes)) return UnaryAnswer::of({Code::kInternal, "malformed message"});
  if (request.action() != pb::AlarmRequest::GET) return UnaryAnswer::of(refused("setting alarms"));
  pb::AlarmResponse answer;
  fill_header(*answer.mutable_header(), context.service.ids(), context.service.keys().revision());
  return UnaryAnswer::of(answer);
}

UnaryAnswer authenticate(const UnaryContext& context, std::string_view bytes) {
  pb::AuthenticateRequest request;
  if (!parse(request, bytes)) return UnaryAnswer::of({Code::kInternal, "malformed message"});
  const Permissions& permissions = context.service.permissions();
  if (!permissions.required()) return UnaryAnswer::of(auth_is_off());
  if (request.name().empty()) return UnaryAnswer::of(no_user());
  const access::Principal* const who = permissions.find(request.password());
  if (!who || who->name != request.name()) return UnaryAnswer::of(wrong_password());
  pb::AuthenticateResponse answer;
  fill_header(*answer.mutable_header(), context.service.ids(), context.service.keys().revision());
  answer.set_token(request.password());  // tokens of ours are their own secret
  return UnaryAnswer::of(answer);
}

UnaryAnswer auth_status(const UnaryContext& context, std::string_view bytes) {
  pb::AuthStatusRequest request;
  if (!parse(request, bytes)) return UnaryAnswer::of({Code::kInternal, "malformed message"});
  pb::AuthStatusResponse answer;
  fill_header(*answer.mutable_header(), context.service.ids(), context.service.keys().revision());
  answer.set_enabled(context.service.permissions().required());
  answer.set_authrevision(1);
  return UnaryAnswer::of(answer);
}

}  // namespace discovery::protocol::etcd
