#include "protocol/discovery/origin_posts.h"

#include <utility>
#include <vector>

namespace discovery::protocol {

namespace {
cluster::PostKind kind_of(LegacyAction action) {
  switch (action) {
    case LegacyAction::kRegister:
      return cluster::PostKind::kRegister;
    case LegacyAction::kRenew:
      return cluster::PostKind::kRenew;
    case LegacyAction::kCancel:
      return cluster::PostKind::kCancel;
    case LegacyAction::kSet:
      return cluster::PostKind::kSet;
  }
  return cluster::PostKind::kRegister;
}
}  // namespace

void OriginPosts::send(LegacyPost&& post, const registry::InstanceKeyView& key, cluster::PostReach reach) {
  cluster::Post out;
  out.kind = kind_of(post.action);
  out.reach = reach;
  out.path = legacy_path(post.action);
  out.form = std::move(post.body);
  out.env = key.app.env;
  out.appid = key.app.appid;
  out.zone = key.zone;
  out.hostname = key.hostname;
  port_.post(std::move(out));
}

void OriginPosts::registered(const registry::InstanceKeyView& key, cluster::PostReach reach) {
  std::optional<LegacyPost> post;
  registry_.with_record(registry_.find_record(key), [&](const registry::StoredRecord& r) {
    if (r.instance->numbers.state == registry::RecordState::kTombstone) return;
    post = legacy_register({r.app, r.instance, r.lease_ns});
  });
  if (post) send(std::move(*post), key, reach);
}

void OriginPosts::renewed(const LegacyTarget& target, int64_t dirty_ns, cluster::PostReach reach) {
  send(legacy_renew(target, dirty_ns), target.key, reach);
}

// The tombstone tells when; one that a register has replaced already was made about now.
void OriginPosts::cancelled(const registry::InstanceKeyView& key, int64_t dirty_ns, TimePoint now,
                            cluster::PostReach reach) {
  LegacyCancelStamps stamps{to_wire_ns(now), dirty_ns};
  registry_.with_record(registry_.find_record(key), [&](const registry::StoredRecord& r) {
    const registry::InstanceNumbers& n = r.instance->numbers;
    if (n.state == registry::RecordState::kTombstone) stamps.latest_ns = n.version.incarnation.t_ns;
  });
  send(legacy_cancel({key, {}}, stamps), key, reach);
}

void OriginPosts::set(const registry::AppKeyView& app, std::string_view zone, std::string_view region,
                      std::span<const SetOfHost> hosts, cluster::PostReach reach) {
  std::vector<std::string_view> names;
  std::vector<uint32_t> statuses;
  std::vector<std::string_view> metadata;
  int64_t stamp_ns = 0;
  const auto flush = [&] {
    if (names.empty()) return;
    send(legacy_set({app, zone, region, names, statuses, metadata, stamp_ns}), {app, zone, names.front()}, reach);
    names.clear();
    statuses.clear();
    metadata.clear();
  };
  for (const SetOfHost& host : hosts) {
    int64_t dirty_ns = 0;
    registry_.with_record(registry_.find_record({app, zone, host.hostname}), [&](const registry::StoredRecord& r) {
      if (r.instance->numbers.state != registry::RecordState::kTombstone) dirty_ns = r.instance->numbers.dirty_ns;
    });
    if (dirty_ns <= 0) continue;  // cancelled meanwhile
    if (dirty_ns != stamp_ns) flush();
    stamp_ns = dirty_ns;
    names.push_back(host.hostname);
    if (host.status) statuses.push_back(*host.status);
    if (host.metadata_json) metadata.push_back(*host.metadata_json);
  }
  flush();
}

}  // namespace discovery::protocol
