// What a node of ours does with the posts of an original: what protocol/discovery/writes.cpp does with such requests.
#include "simulation/our_node.h"

namespace discovery::simulation {

using cluster::CallResult;
using cluster::PostKind;
using registry::StoredRecord;
using registry::Writer;

namespace {
constexpr int kNotFound = -404;
constexpr int kConflict = -409;
constexpr int kUnavailable = -500;
constexpr int kRefusedArgument = -400;

CallResult answer(int code, const WireInstance* instance = nullptr) {
  return {CallResult::Kind::kAnswer, write_answer(code, instance)};
}
}  // namespace

CallResult OurNode::serve_post(uint32_t caller, const cluster::Call& call, Ns now) {
  const auto post = read_post(call.body);
  if (!post || post->what.instance >= names_.instances()) return answer(kRefusedArgument);
  mind_->cluster.original_spoke("n" + std::to_string(caller), clock_.read(now));
  if (!takes_writes()) return answer(kUnavailable);
  const Writer writer = post->replication || post->from_zone ? Writer::kReplica : Writer::kClient;
  const TimePoint t = clock_.read(now);
  const uint32_t instance = post->what.instance;
  Written written;
  switch (post->kind) {
    case PostKind::kRegister: {
      const std::string addrs = addrs_of(instance, post->what.content.generation);
      const std::string metadata = metadata_of(post->what.content);
      registry::RegisterArgs args;
      args.key = names_.key(instance);
      args.version = "1";
      args.addrs_json = addrs;
      args.metadata_json = metadata;
      args.status = post->what.content.status;
      args.writer = writer;
      args.dirty_timestamp_ns = post->what.dirty_ns;
      args.reg_timestamp_ns = post->what.reg_ns;
      args.from_peer = post->replication;
      args.proof_of_life = proof_.shows(caller, instance, now);
      const auto done = mind_->registry.register_instance(args, t);
      if (!done) return answer(kUnavailable);
      if (done->applied) wrote(instance, done->wake, now, written);
      return answer(0);
    }
    case PostKind::kRenew: {
      registry::RenewArgs args{names_.key(instance), post->replication, post->what.dirty_ns};
      WireInstance stored;
      const auto verdict = mind_->registry.renew(
          args, t, [&](const registry::InstanceView& v) { stored = wire_instance(v).value_or(WireInstance{}); });
      if (!verdict) {
        if (post->replication) proof_.missed(caller, instance, now);
        return answer(kNotFound);
      }
      if (*verdict == registry::RenewVerdict::kProvisional) return answer(0);
      const int code = *verdict == registry::RenewVerdict::kRenewed         ? 0
                       : *verdict == registry::RenewVerdict::kSenderIsNewer ? kNotFound
                                                                            : kConflict;
      return answer(code, &stored);
    }
    case PostKind::kCancel: {
      const int64_t stamp = post->what.dirty_ns > 0 ? post->what.dirty_ns : post->what.latest_ns;
      const auto done = mind_->registry.cancel({names_.key(instance), writer, stamp, post->replication}, t);
      if (!done) return answer(kNotFound);
      if (done->applied) wrote(instance, done->wake, now, written);
      return answer(0);
    }
    case PostKind::kSet: {
      const registry::InstanceKeyView key = names_.key(instance);
      const registry::SetItem item{key.hostname, post->what.content.status, true};
      const auto merge = [&](size_t, std::string_view stored) -> Result<std::string> {
        auto content = read_metadata(stored, post->what.content.status);
        if (!content) return invalid("not of the simulator");
        content->set = post->what.content.set;
        return metadata_of(*content);
      };
      const auto done = mind_->registry.set({key.app, key.zone, {&item, 1}, post->set_ns, post->replication, merge}, t);
      if (!done) return answer(kRefusedArgument);
      wrote(instance, *done, now, written);
      return answer(0);
    }
  }
  return answer(kRefusedArgument);
}

CallResult OurNode::serve_fetch_all() const {
  if (!ready()) return answer(kUnavailable);
  std::string all;
  registry::RecordCursor at;
  const auto add = [&](const StoredRecord& r) {
    if (r.instance->numbers.state != registry::RecordState::kVisible) return;
    const auto wire = wire_instance(r);
    if (!wire) return;
    if (!all.empty()) all += '\n';
    all += write_instance(*wire);
  };
  while (mind_->registry.read_records(at, 4096, add)) {
  }
  return {CallResult::Kind::kAnswer, all};
}

}  // namespace discovery::simulation
