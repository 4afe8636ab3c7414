#include "simulation/our_node.h"

#include <algorithm>

#include "explain/explain.h"
#include "simulation/chance.h"

namespace discovery::simulation {

using cluster::CallKind;
using cluster::CallResult;
using registry::RecordState;
using registry::StoredRecord;

namespace {

constexpr size_t kHistoryBytes = size_t{128} << 10;
constexpr Duration kPokeAfter = std::chrono::milliseconds(25);  // a write waits so long for others to go with it

HashKey key_from(Random& random) {
  HashKey key;
  key.k0 = random.next();
  key.k1 = random.next();
  return key;
}

HashKey cluster_key_of(uint64_t seed) {
  SeededRandom random = stream(seed, 3);
  return key_from(random);
}

std::string zone_of(const OurNodeSettings& s, uint32_t node) { return s.zones && node % 2 == 1 ? "z2" : "z"; }

registry::RegistrySettings registry_settings(const OurNodeSettings& s, Random& random, const HashKey& cluster_key) {
  registry::RegistrySettings rs;
  rs.hash_key = key_from(random);
  rs.cluster_key = cluster_key;
  rs.node_id = static_cast<uint16_t>(s.number + 1);
  return rs;
}

cluster::ClusterSettings cluster_settings(const OurNodeSettings& s, const HashKey& cluster_key) {
  cluster::ClusterSettings cs;
  cs.address = address_of(s.number);
  cs.zone = zone_of(s, s.number);
  cs.node_id = static_cast<uint16_t>(s.number + 1);
  for (uint32_t n = 0; n < s.nodes; ++n) {
    if (n != s.number) cs.seeds.push_back({address_of(n), zone_of(s, n)});
  }
  cs.cluster_key = cluster_key;
  cs.always_keep_changes = s.disk;
  if (s.small_queues) cs.queue_max = kSmallQueue;
  return cs;
}

}  // namespace

OurNode::Mind::Mind(const registry::RegistrySettings& rs, const cluster::ClusterSettings& cs, OurNode& node,
                    TimePoint now)
    : history(kHistoryBytes),
      registry(rs),
      sweep(registry, now),
      wheel(now),
      hub(registry, wheel, budget, 0),
      cluster(cs, {registry, node, node, node.wire_, node.random_}, now),
      cluster_next(now),
      sweep_next(now),
      keys_next(now) {
  registry.set_observer(&history);
}

OurNode::OurNode(const OurNodeSettings& settings, const Names& names, Network& network, NodeWatcher& watcher)
    : settings_(settings),
      names_(names),
      network_(network),
      watcher_(watcher),
      cluster_key_(cluster_key_of(settings.seed)),
      clock_(settings.clock),
      random_(stream(settings.seed, 4, settings.number)),
      wire_(names),
      disk_(settings.disk ? std::make_unique<SimulatedDisk>() : nullptr) {}

OurNode::~OurNode() = default;

storage::Moment OurNode::moment(Ns now) const { return {clock_.read(now), clock_.wall(now)}; }

void OurNode::boot(Ns now) {
  now_ = now;
  leaving_ = false;
  proof_.clear();
  clock_.start(now);
  const TimePoint t = clock_.read(now);
  mind_ = std::make_unique<Mind>(registry_settings(settings_, random_, cluster_key_),
                                 cluster_settings(settings_, cluster_key_), *this, t);
  if (settings_.keys) make_keys(t);
  bool recovered = false;
  if (disk_) {
    disk_->revive();
    storage::StoreSettings ss;
    ss.boot = random_.next();
    mind_->store = std::make_unique<storage::Store>(*disk_, mind_->registry, ss);
    recovered = mind_->store->open(moment(now)).generation > 0;
  }
  mind_->cluster.start(recovered, t);
}

void OurNode::stop(Ns now) {
  if (!mind_) return;
  now_ = now;
  leaks_ |= mind_->budget.polls > 0 || mind_->budget.watches > 0 || mind_->wheel.next_wake().has_value();
  if (disk_ && leaving_) static_cast<void>(mind_->store->finish(moment(now)));
  if (disk_ && !leaving_) disk_->crash(random_);
  mind_.reset();
}

void OurNode::leave(Ns now) {
  if (!mind_) return;
  now_ = now;
  leaving_ = true;
  mind_->cluster.leave(clock_.read(now));
}

Ns OurNode::run(Ns now) {
  if (!mind_) return kNever;
  now_ = now;
  const TimePoint t = clock_.read(now);
  Mind& m = *mind_;
  if (t >= m.cluster_next) m.cluster_next = m.cluster.tick(t);
  if (t >= m.sweep_next) sweep(t, now);
  TimePoint next = std::min(m.cluster_next, m.sweep_next);
  if (m.store) {
    if (t >= m.store->next()) m.store->tick(moment(now));
    next = std::min(next, m.store->next());
  }
  if (m.keys) next = std::min(next, tick_keys(t));
  m.wheel.advance(t);
  flush(t);
  if (const auto wake = m.wheel.next_wake()) next = std::min(next, *wake);
  return std::max(clock_.when(next), now + 1);
}

void OurNode::sweep(TimePoint now, Ns true_now) {
  std::vector<std::pair<Held, bool>> hidden;
  std::vector<registry::Wake> wakes;
  mind_->sweep_next = mind_->sweep.step(now, random_, [&](const registry::Expired& e) {
    Held h;
    h.instance = number_of(e.instance.instance->hostname()).value_or(0);
    h.lease = clock_.about(e.instance.renew_ns);
    h.version = e.instance.instance->numbers.version;
    hidden.emplace_back(h, e.past_ceiling);
    wakes.push_back(e.wake);
  });
  for (const registry::Wake& w : wakes) changed(w, now);
  for (const auto& [h, past_ceiling] : hidden) watcher_.hidden(settings_.number, h, past_ceiling, true_now);
}

void OurNode::flush(TimePoint now) {
  while (mind_->hub.has_marked()) {
    if (!mind_->hub.flush(now) && mind_->hub.has_marked()) break;
  }
}

CallResult OurNode::serve(uint32_t caller, const cluster::Call& call, Ns now) {
  if (!mind_) return {CallResult::Kind::kRefused, {}};
  now_ = now;
  if (call.kind == CallKind::kPost) return serve_post(caller, call, now);
  if (call.kind == CallKind::kFetchAll) return serve_fetch_all();
  const TimePoint t = clock_.read(now);
  auto answer = mind_->cluster.handle(call.kind, call.body, t);
  mind_->cluster_next = t;
  flush(t);
  if (!answer) return {CallResult::Kind::kFailed, {}};
  return {CallResult::Kind::kAnswer, std::move(*answer)};
}

void OurNode::answered(uint64_t call_id, CallResult result, Ns now) {
  if (!mind_) return;
  now_ = now;
  const TimePoint t = clock_.read(now);
  mind_->cluster.on_result(call_id, std::move(result), t);
  mind_->cluster_next = t;
}

void OurNode::call(cluster::Call call) { network_.call(settings_.number, std::move(call), now_); }
void OurNode::forget(const std::string& address) { network_.forget(settings_.number, address); }

void OurNode::changed(const registry::Wake& wake, TimePoint now) {
  if (wake.reactors != 0) mind_->hub.mark_changed(wake.app_id, now);
}

void OurNode::made_here(registry::RecordRef ref, TimePoint /*now*/) {
  if (!mind_->store) return;
  mind_->registry.with_record(ref, [&](const StoredRecord& r) { mind_->store->wrote(r, moment(now_)); });
}

void OurNode::tell(std::string_view event, std::string_view peer, std::string_view detail) {
  const std::string texts[] = {std::string(event), std::string(peer), std::string(detail)};
  watcher_.told(settings_.number, texts[0].c_str(), texts[1].c_str(), texts[2].c_str(), now_);
}

Held OurNode::held(const StoredRecord& stored) const {
  Held h;
  const registry::Instance& i = *stored.instance;
  h.instance = number_of(i.hostname()).value_or(UINT32_MAX);
  h.state = i.numbers.state;
  h.version = i.numbers.version;
  h.lease = clock_.about(stored.lease_ns);
  h.lease_known = stored.lease_known;
  h.app_latest_ns = stored.app_latest_ns;
  if (h.state != RecordState::kTombstone) {
    const auto content = read_metadata(i.metadata_json(), i.numbers.status);
    h.text_right = content.has_value();
    if (content) h.content = *content;
  }
  return h;
}

std::optional<Held> OurNode::find(uint32_t instance) const {
  std::optional<Held> found;
  mind_->registry.with_record(mind_->registry.find_record(names_.key(instance)),
                              [&](const StoredRecord& r) { found = held(r); });
  return found;
}

std::optional<bool> OurNode::explains_as_listed(uint32_t instance) const {
  if (!mind_) return std::nullopt;
  const registry::InstanceKeyView key = names_.key(instance);
  const explain::Question question{key.app, key.hostname, key.zone, {}, 3};
  return explain::explain(mind_->registry, mind_->history, {}, question, clock_.read(now_)).visible;
}

void OurNode::read(FunctionRef<void(const Held&)> f) const {
  if (!mind_) return;
  registry::RecordCursor at;
  while (mind_->registry.read_records(at, 4096, [&](const StoredRecord& r) { f(held(r)); })) {
  }
}

// ---------------------------------------------------------------------------------------------------- clients' writes

void OurNode::wrote(uint32_t instance, const registry::Wake& wake, Ns now, Written& written) {
  const TimePoint t = clock_.read(now);
  changed(wake, t);
  mind_->registry.with_record(mind_->registry.find_record(names_.key(instance)), [&](const StoredRecord& r) {
    const Held h = held(r);
    written = {h.version, h.content};
  });
  mind_->cluster_next = std::min(mind_->cluster_next, t + kPokeAfter);
  flush(t);
}

void OurNode::post(uint32_t instance, cluster::PostKind kind, const WireInstance& wire) {
  if (!mind_->cluster.board().wants_posts()) return;
  WirePost p;
  p.kind = kind;
  p.what = wire;
  p.what.instance = instance;
  p.set_ns = kind == cluster::PostKind::kSet ? wire.dirty_ns : 0;
  mind_->cluster.post_box().put(wire_.post(p));
}

Reply OurNode::register_instance(uint32_t instance, const Content& content, Ns now, Written& written) {
  if (!takes_writes()) return Reply::kUnavailable;
  now_ = now;
  const std::string addrs = addrs_of(instance, content.generation);
  const std::string metadata = metadata_of(content);
  registry::RegisterArgs args;
  args.key = names_.key(instance);
  args.version = "1";
  args.addrs_json = addrs;
  args.metadata_json = metadata;
  args.status = content.status;
  const auto done = mind_->registry.register_instance(args, clock_.read(now));
  if (!done) return Reply::kUnavailable;
  wrote(instance, done->wake, now, written);
  mind_->registry.with_record(mind_->registry.find_record(args.key), [&](const StoredRecord& r) {
    post(instance, cluster::PostKind::kRegister, wire_instance(r).value_or(WireInstance{}));
  });
  return Reply::kOk;
}

Reply OurNode::renew(uint32_t instance, Ns now) {
  if (!takes_writes()) return Reply::kUnavailable;
  now_ = now;
  WireInstance wire;
  const auto verdict =
      mind_->registry.renew({.key = names_.key(instance)}, clock_.read(now),
                            [&](const registry::InstanceView& v) { wire = wire_instance(v).value_or(WireInstance{}); });
  if (!verdict) return Reply::kNotFound;
  if (*verdict == registry::RenewVerdict::kRenewed) post(instance, cluster::PostKind::kRenew, wire);
  return Reply::kOk;
}

Reply OurNode::cancel(uint32_t instance, Ns now, Written& written) {
  if (!takes_writes()) return Reply::kUnavailable;
  now_ = now;
  const auto done = mind_->registry.cancel({.key = names_.key(instance)}, clock_.read(now));
  wrote(instance, done ? done->wake : registry::Wake{}, now, written);
  if (!done) return Reply::kNotFound;
  WireInstance wire;
  wire.latest_ns = written.version.incarnation.t_ns;
  wire.dirty_ns = done->dirty_ns;
  post(instance, cluster::PostKind::kCancel, wire);
  return Reply::kOk;
}

Reply OurNode::set(uint32_t instance, uint32_t set_number, uint32_t status, Ns now, Written& written) {
  if (!takes_writes()) return Reply::kUnavailable;
  now_ = now;
  const registry::InstanceKeyView key = names_.key(instance);
  const registry::SetItem item{key.hostname, status, true};
  const auto merge = [&](size_t, std::string_view stored) -> Result<std::string> {
    auto content = read_metadata(stored, status);
    if (!content) return invalid("not of the simulator");
    content->set = set_number;
    return metadata_of(*content);
  };
  const auto done =
      mind_->registry.set({.app = key.app, .zone = key.zone, .items = {&item, 1}, .merge = merge}, clock_.read(now));
  if (!done) return Reply::kNotFound;
  wrote(instance, *done, now, written);
  mind_->registry.with_record(mind_->registry.find_record(key), [&](const StoredRecord& r) {
    post(instance, cluster::PostKind::kSet, wire_instance(r).value_or(WireInstance{}));
  });
  return Reply::kOk;
}

}  // namespace discovery::simulation
