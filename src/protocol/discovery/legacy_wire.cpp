#include "protocol/discovery/legacy_wire.h"

#include "protocol/discovery/legacy_post.h"

namespace discovery::protocol {

namespace {

cluster::Post post_of(LegacyPost&& encoded, cluster::PostKind kind, const registry::StoredRecord& record) {
  cluster::Post post;
  post.kind = kind;
  post.path = legacy_path(encoded.action);
  post.form = std::move(encoded.body);
  post.env = record.app.env;
  post.appid = record.app.appid;
  post.zone = record.instance->zone();
  post.hostname = record.instance->hostname();
  return post;
}

cluster::ForeignInstance foreign(LegacyInstance&& i) {
  cluster::ForeignInstance f;
  f.env = std::move(i.env);
  f.appid = std::move(i.appid);
  f.zone = std::move(i.zone);
  f.hostname = std::move(i.hostname);
  f.region = std::move(i.region);
  f.version = std::move(i.version);
  f.addrs_json = std::move(i.addrs_json);
  f.metadata_json = std::move(i.metadata_json);
  f.status = i.status;
  f.reg_ns = i.reg_ns;
  f.up_ns = i.up_ns;
  f.renew_ns = i.renew_ns;
  f.dirty_ns = i.dirty_ns;
  f.latest_ns = i.latest_ns;
  return f;
}

LegacyAction action_of(cluster::PostKind kind) {
  switch (kind) {
    case cluster::PostKind::kRegister:
      return LegacyAction::kRegister;
    case cluster::PostKind::kRenew:
      return LegacyAction::kRenew;
    case cluster::PostKind::kCancel:
      return LegacyAction::kCancel;
    case cluster::PostKind::kSet:
      break;
  }
  return LegacyAction::kSet;
}

}  // namespace

cluster::Post LegacyWire::register_post(const registry::StoredRecord& record) const {
  return post_of(legacy_register({record.app, record.instance, record.lease_ns}), cluster::PostKind::kRegister, record);
}

cluster::Post LegacyWire::cancel_post(const registry::StoredRecord& record) const {
  const registry::InstanceKeyView key{record.app, record.instance->zone(), record.instance->hostname()};
  const registry::InstanceNumbers& n = record.instance->numbers;
  return post_of(legacy_cancel({key}, {n.version.incarnation.t_ns, n.dirty_ns}), cluster::PostKind::kCancel, record);
}

std::string LegacyWire::form_for(const cluster::Post& post, bool own_zone) const {
  return with_flags({action_of(post.kind), post.form}, own_zone);
}

Result<cluster::PostAnswer> LegacyWire::read_answer(std::string_view body) const {
  auto parsed = parse_legacy_answer(body, limits_);
  if (!parsed) return parsed.error();
  cluster::PostAnswer answer;
  answer.code = parsed->code;
  if (parsed->instance)
    answer.instance = std::make_unique<cluster::ForeignInstance>(foreign(std::move(*parsed->instance)));
  return answer;
}

Result<std::vector<cluster::ForeignInstance>> LegacyWire::read_fetch_all(std::string_view body) const {
  auto parsed = parse_legacy_fetch_all(body, limits_);
  if (!parsed) return parsed.error();
  if (parsed->code != 0) return Error{ErrorCode::kUnavailable, "fetch/all was refused"};
  std::vector<cluster::ForeignInstance> all;
  all.reserve(parsed->instances.size());
  for (LegacyInstance& i : parsed->instances) all.push_back(foreign(std::move(i)));
  return all;
}

}  // namespace discovery::protocol
