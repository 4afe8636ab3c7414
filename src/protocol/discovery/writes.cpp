// register, renew, cancel and set (spec: discovery-api.md 6).
#include "codec/json_writer.h"
#include "codec/text.h"
#include "protocol/discovery/api.h"
#include "protocol/discovery/app_json.h"
#include "protocol/discovery/binder.h"

namespace discovery::protocol {

namespace {
constexpr std::string_view kMetadataLimits = "limits.metadata_members, limits.metadata_bytes";

/// Stored text is UTF-8: `repaired` owns it where something had to be replaced.
std::string_view repair(std::string_view text, std::string& repaired) {
  if (codec::is_utf8(text)) return text;
  repaired = codec::repair_utf8(text);
  return repaired;
}

/// The four names of an instance, in the order in which the wire's structs hold them.
registry::InstanceKeyView bind_key(Binder& bind) {
  registry::InstanceKeyView key;
  key.zone = bind.name("zone", "Zone");
  key.app.env = bind.name("env", "Env");
  key.app.appid = bind.name("appid", "AppID");
  key.hostname = bind.name("hostname", "Hostname");
  return key;
}

bool is_status(int64_t status) { return status == 1 || status == 2; }

/// A set as it is posted: the patches, not what they made.
std::vector<SetOfHost> patches_of(const std::vector<registry::SetItem>& items,
                                  const std::vector<codec::Metadata>& patches) {
  std::vector<SetOfHost> hosts;
  hosts.reserve(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    SetOfHost& host = hosts.emplace_back(SetOfHost{items[i].hostname, items[i].status, std::nullopt});
    if (!items[i].has_metadata) continue;
    host.metadata_json.emplace();
    if (patches[i].kind == codec::Metadata::Kind::kNull) {
      *host.metadata_json = "null";
    } else {
      codec::append_metadata(*host.metadata_json, patches[i]);
    }
  }
  return hosts;
}
}  // namespace

Result<void> DiscoveryApi::read_addrs(const std::vector<std::string_view>& addrs) {
  if (addrs.size() > settings_.addrs_max) {
    return Error{ErrorCode::kLimitExceeded, "more addrs than limits.addrs allows"};
  }
  addrs_json_.assign("[");
  for (const std::string_view addr : addrs) {
    if (addrs_json_.size() > 1) addrs_json_ += ',';
    codec::append_json_string(addrs_json_, addr);
  }
  addrs_json_ += ']';
  return {};
}

// Valid JSON that is no object registers with {} (discovery-api.md 6.1).
Result<void> DiscoveryApi::read_metadata(std::string_view json) {
  constexpr size_t kSourceBytesMax = 1024;
  if (!json.empty() && json == metadata_source_) return {};
  metadata_json_.clear();
  metadata_source_.clear();
  const auto metadata = codec::parse_metadata(json, settings_.metadata);
  if (!metadata) return name_limit(metadata.error(), kMetadataLimits);
  codec::append_metadata(metadata_json_, *metadata);
  if (json.size() <= kSourceBytesMax) metadata_source_ = json;
  return {};
}

bool DiscoveryApi::is_node(const std::vector<std::string_view>& addrs) const {
  constexpr std::string_view kScheme = "http://";
  for (const std::string_view addr : addrs) {
    if (!addr.starts_with(kScheme)) return false;
    if (!settings_.node_addrs.contains(std::string(addr.substr(kScheme.size())))) return false;
  }
  return true;
}

Code DiscoveryApi::register_instance(Call& call) {
  Binder bind(params_, "ArgRegister", settings_.name_bytes_max);
  registry::RegisterArgs args;
  const std::string_view region = bind.text("region");
  args.key = bind_key(bind);
  args.status = bind.required_u32("status", "Status");
  const auto addrs = bind.required_comma_list("addrs", "Addrs");
  const std::string_view version = bind.text("version");
  const std::string_view metadata = bind.text("metadata");
  const bool replication = bind.flag("replication");
  bind.i64("latest_timestamp");  // parsed, without effect
  args.dirty_timestamp_ns = bind.i64("dirty_timestamp");
  args.reg_timestamp_ns = bind.i64("reg_timestamp");
  const bool from_zone = bind.flag("from_zone");
  if (const auto bound = bind.finish(); !bound) return refuse(call, bound.error(), false);
  if (const auto code = deny(call, access::Right::kWrite, args.key)) return *code;

  if (!is_status(args.status)) return refuse(call, invalid("status must be 1 or 2"), true);
  if (args.key.app.appid.find(',') != std::string_view::npos) {
    return refuse(call, invalid("appid must not contain a comma: no list could name it"), true);
  }
  if (const auto read = read_addrs(addrs); !read) return refuse(call, read.error(), true);
  if (const auto read = read_metadata(metadata); !read) return refuse(call, read.error(), true);
  if (args.key.app.appid == kSelfApp && !settings_.open_membership && !is_node(addrs)) {
    observer_.stranger_refused(args.key, *call.request.client);
    return refuse(call, invalid("an address of infra.discovery is not among the configured nodes"), true);
  }
  std::string repaired_region;
  std::string repaired_version;
  args.region = repair(region, repaired_region);
  args.version = repair(version, repaired_version);
  args.addrs_json = addrs_json_;
  args.metadata_json = metadata_json_;
  const Origin origin = origin_of(call, replication, from_zone);
  args.writer = origin.writer;
  args.from_peer = origin.replication;
  args.by = call.request.client->ip;
  args.proof_of_life = origin.writer == registry::Writer::kReplica &&
                       proofs_.proves(call.request.client->ip, args.key, call.request.received_at);

  const auto registered = registry_.register_instance(args, call.request.received_at);
  if (!registered) return refuse(call, registered.error(), true);
  call.note.before_ns = registered->before_ns;
  call.note.after_ns = registered->after_ns;
  changes_.changed(registered->wake, call.request.received_at);
  if (registered->applied) {
    observer_.registered(args.key, *registered, *call.request.client);
    if (const auto reach = origin.reach(); reach && posts_.wanted()) posts_.registered(args.key, *reach);
  }
  return done(call, origin);
}

Code DiscoveryApi::done(Call& call, const Origin& origin) {
  const Duration wait = cluster_.ack_wait();
  if (wait > Duration::zero() && call.may_park && origin.writer == registry::Writer::kClient && !acks_.full()) {
    if (const uint64_t ticket = cluster_.ack_ticket(); ticket != 0) {
      auto waiting = std::make_unique<AckedWrite>(
          acks_, call.exchange, observer_,
          AckedWrite::What{call.route, std::string(params_.first("callback")), call.request.received_at, ticket});
      waiting->wait(deadlines_, call.request.received_at + wait);
      call.parked = true;
      call.exchange.park(std::move(waiting));
      return Code::kOk;
    }
  }
  call.envelope.whole(Code::kOk);
  return Code::kOk;
}

Code DiscoveryApi::renew(Call& call) {
  Binder bind(params_, "ArgRenew", settings_.name_bytes_max);
  registry::RenewArgs args;
  args.key = bind_key(bind);
  const bool replication = bind.flag("replication");
  args.dirty_timestamp_ns = bind.i64("dirty_timestamp");
  const bool from_zone = bind.flag("from_zone");
  if (const auto bound = bind.finish(); !bound) return refuse(call, bound.error(), false);
  if (const auto code = deny(call, access::Right::kWrite, args.key)) return *code;
  const Origin origin = origin_of(call, replication, from_zone);
  args.compare = origin.replication;
  args.by = call.request.client->ip;
  const auto reach = posts_.wanted() ? origin.reach() : std::nullopt;

  // The instance is written first, while it is locked, and the envelope around it when the verdict is known: the text
  // of the answer is put together in a reused buffer, so that nothing is allocated.
  std::string& instance = addrs_json_;
  instance.clear();
  std::string region;
  int64_t dirty_ns = 0;
  const auto verdict = registry_.renew(args, call.request.received_at, [&](const registry::InstanceView& view) {
    append_instance(instance, view);
    if (!reach) return;
    region = view.instance->region();
    dirty_ns = view.instance->numbers.dirty_ns;
  });
  if (!verdict) {
    note_proof_of_life(call, args.key, origin);
    call.envelope.whole_with_null(Code::kNotFound);
    return Code::kNotFound;
  }
  if (*verdict == registry::RenewVerdict::kProvisional) {
    call.envelope.whole_with_null(Code::kOk);
    return Code::kOk;
  }
  if (reach && *verdict == registry::RenewVerdict::kRenewed) posts_.renewed({args.key, region}, dirty_ns, *reach);
  const Code code = *verdict == registry::RenewVerdict::kRenewed         ? Code::kOk
                    : *verdict == registry::RenewVerdict::kSenderIsNewer ? Code::kNotFound
                                                                         : Code::kConflict;
  call.envelope.begin(code);
  call.envelope.ttl();
  call.envelope.data();
  call.reply.append(instance);
  call.envelope.finish();
  return code;
}

void DiscoveryApi::note_proof_of_life(const Call& call, const registry::InstanceKeyView& key, const Origin& origin) {
  if (!origin.replication) return;
  bool cancelled = false;
  registry_.with_record(registry_.find_record(key), [&](const registry::StoredRecord& r) {
    cancelled = r.instance->numbers.state == registry::RecordState::kTombstone;
  });
  if (cancelled) proofs_.renewed(call.request.client->ip, key, call.request.received_at);
}

Code DiscoveryApi::cancel(Call& call) {
  Binder bind(params_, "ArgCancel", settings_.name_bytes_max);
  registry::CancelArgs args;
  args.key = bind_key(bind);
  const bool from_zone = bind.flag("from_zone");
  const bool replication = bind.flag("replication");
  const int64_t latest_ns = bind.i64("latest_timestamp");
  const int64_t dirty_ns = bind.i64("dirty_timestamp");
  if (const auto bound = bind.finish(); !bound) return refuse(call, bound.error(), false);
  if (const auto code = deny(call, access::Right::kWrite, args.key)) return *code;
  const Origin origin = origin_of(call, replication, from_zone);
  args.writer = origin.writer;
  args.by = call.request.client->ip;
  args.stamp_ns = dirty_ns > 0 ? dirty_ns : latest_ns;
  args.from_peer = origin.replication;

  const TimePoint now = call.request.received_at;
  const auto cancelled = registry_.cancel(args, now);
  if (!cancelled) {
    call.envelope.whole(wire_code(cancelled.error().code));
    return wire_code(cancelled.error().code);
  }
  call.note.before_ns = cancelled->before_ns;
  call.note.after_ns = cancelled->after_ns;
  changes_.changed(cancelled->wake, now);
  if (cancelled->applied) {
    observer_.cancelled(args.key, *call.request.client);
    if (const auto reach = origin.reach(); reach && posts_.wanted()) {
      posts_.cancelled(args.key, cancelled->dirty_ns, now, *reach);
    }
  }
  return done(call, origin);
}

Code DiscoveryApi::set(Call& call) {
  Binder bind(params_, "ArgSet", settings_.name_bytes_max);
  const std::string_view region = bind.text("region");  // only passed on
  const std::string_view zone = bind.name("zone", "Zone");
  const std::string_view env = bind.name("env", "Env");
  const std::string_view appid = bind.name("appid", "AppID");
  const auto hosts = bind.list("hostname");
  const auto statuses = bind.i64_comma_list("status");
  const auto patches = bind.list("metadata");
  const bool replication = bind.flag("replication");
  const bool from_zone = bind.flag("from_zone");
  const int64_t set_timestamp_ns = bind.i64("set_timestamp");
  if (const auto bound = bind.finish(); !bound) return refuse(call, bound.error(), false);
  call.note.hosts = hosts.size();
  const registry::InstanceKeyView first{{env, appid}, zone, hosts.empty() ? std::string_view() : hosts.front()};
  if (const auto code = deny(call, access::Right::kWrite, first)) return *code;

  if (hosts.empty() || (!statuses.empty() && statuses.size() != hosts.size()) ||
      (!patches.empty() && patches.size() != hosts.size())) {
    return refuse(call, invalid("status and metadata must be given as often as hostname, and hostname at least once"),
                  true);
  }
  std::vector<registry::SetItem> items;
  items.reserve(hosts.size());
  for (size_t i = 0; i < hosts.size(); ++i) {
    if (!statuses.empty() && !is_status(statuses[i])) return refuse(call, invalid("status must be 1 or 2"), true);
    registry::SetItem item{hosts[i], std::nullopt, !patches.empty()};
    if (!statuses.empty()) item.status = static_cast<uint32_t>(statuses[i]);
    items.push_back(item);
  }
  std::vector<codec::Metadata> parsed;
  for (const std::string_view patch : patches) {
    auto metadata = codec::parse_metadata(patch, settings_.metadata);
    if (!metadata) return refuse(call, name_limit(metadata.error(), kMetadataLimits), true);
    if (metadata->kind == codec::Metadata::Kind::kOther) {
      return refuse(call, invalid("metadata must be a JSON object, or null to clear it"), true);
    }
    parsed.push_back(std::move(*metadata));
  }
  const auto merge = [&](size_t i, std::string_view stored) -> Result<std::string> {
    auto whole = codec::parse_metadata(stored, {SIZE_MAX, SIZE_MAX});
    if (!whole) return whole.error();
    codec::merge_metadata(*whole, parsed[i]);
    if (!codec::within_limits(*whole, settings_.metadata)) {
      return Error{ErrorCode::kLimitExceeded, "metadata grows beyond limits.metadata_members or limits.metadata_bytes"};
    }
    std::string text;
    codec::append_metadata(text, *whole);
    return text;
  };
  const registry::AppKeyView app{env, appid};
  const Origin origin = origin_of(call, replication, from_zone);
  const auto wake =
      registry_.set({app, zone, items, set_timestamp_ns, origin.replication, merge, call.request.client->ip},
                    call.request.received_at);
  if (!wake) return refuse(call, wake.error(), true);
  changes_.changed(*wake, call.request.received_at);
  observer_.set_applied(app, zone, hosts.size(), *call.request.client);
  if (const auto reach = origin.reach(); reach && posts_.wanted()) {
    std::string repaired;
    posts_.set(app, zone, repair(region, repaired), patches_of(items, parsed), *reach);
  }
  return done(call, origin);
}

}  // namespace discovery::protocol
