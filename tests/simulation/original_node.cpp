#include "simulation/original_node.h"

#include <algorithm>

#include "registry/self_protection.h"
#include "simulation/chance.h"

namespace discovery::simulation {

using cluster::CallKind;
using cluster::CallResult;
using cluster::PostKind;

namespace {
constexpr int kNotFound = -404;
constexpr int kConflict = -409;
constexpr int kRefusedArgument = -400;
constexpr Ns kLease = 90 * kSecond;
constexpr Ns kCeiling = 3600 * kSecond;
constexpr Ns kSweepEvery = 60 * kSecond;
constexpr Ns kRecountEvery = 15 * kMinute;
constexpr double kShare = 0.85;
constexpr Duration kPostTimeout = std::chrono::seconds(2);
}  // namespace

OriginalNode::OriginalNode(uint32_t number, uint32_t nodes, uint64_t seed, const NodeClock& clock, const Names& names,
                           Network& network, NodeWatcher& watcher)
    : number_(number),
      nodes_(nodes),
      network_(network),
      watcher_(watcher),
      clock_(clock),
      random_(stream(seed, 5, number)),
      records_(names.instances()) {}

void OriginalNode::boot(Ns now) {
  up_ = true;
  now_ = now;
  clock_.start(now);
  std::ranges::fill(records_, Record{});
  calls_.clear();
  size_ = expected_ = factual_ = 0;
  next_sweep_ = now + kSweepEvery;
  next_recount_ = now + kRecountEvery;
  syncing_ = nodes_ - 1;
  for (uint32_t peer = 0; peer < nodes_; ++peer) {
    if (peer == number_) continue;
    const uint64_t id = next_call_++;
    calls_[id] = {peer, CallKind::kFetchAll, {}};
    network_.call(number_, {id, address_of(peer), cluster::Channel::kBulk, CallKind::kFetchAll, {}, {}, kPostTimeout},
                  now);
  }
}

void OriginalNode::stop(Ns /*now*/) { up_ = false; }

Ns OriginalNode::run(Ns now) {
  if (!up_) return kNever;
  now_ = now;
  if (now >= next_recount_) {
    expected_ = 2 * size_;
    next_recount_ += kRecountEvery;
  }
  if (now >= next_sweep_) {
    sweep(now);
    next_sweep_ += kSweepEvery;
  }
  return std::min(next_sweep_, next_recount_);
}

void OriginalNode::sweep(Ns now) {
  const bool protect = registry::is_protected(factual_, expected_, kShare);
  factual_ = 0;
  std::vector<uint32_t> dead;
  for (uint32_t i = 0; i < records_.size(); ++i) {
    const Ns age = wall(now) - records_[i].wire.renew_ns;
    if (records_[i].present && age > (protect ? kCeiling : kLease)) dead.push_back(i);
  }
  auto allowed = static_cast<size_t>(registry::eviction_limit(size_, kShare));
  while (!dead.empty() && allowed-- > 0) {
    std::swap(dead[random_.below(dead.size())], dead.back());
    Record& r = records_[dead.back()];
    const Held h = held(dead.back(), r, now);
    r.present = false;
    --size_;
    watcher_.hidden(number_, h, wall(now) - r.wire.renew_ns > kCeiling, now);
    dead.pop_back();
  }
}

CallResult OriginalNode::serve(uint32_t /*caller*/, const cluster::Call& call, Ns now) {
  if (!listens()) return {CallResult::Kind::kRefused, {}};
  now_ = now;
  if (call.kind == CallKind::kFetchAll) {
    std::string all;
    for (const Record& r : records_) {
      if (r.present) all += (all.empty() ? "" : "\n") + write_instance(r.wire);
    }
    return {CallResult::Kind::kAnswer, all};
  }
  if (call.kind != CallKind::kPost) return {CallResult::Kind::kOriginal, {}};
  const auto post = read_post(call.body);
  if (!post || post->what.instance >= records_.size()) {
    return {CallResult::Kind::kAnswer, write_answer(kRefusedArgument, nullptr)};
  }
  WireInstance stored;
  const int code = apply(*post, now, stored);
  if (code == 0 && !post->replication) post_to_all(*post, now);
  const bool tells = post->kind == PostKind::kRenew && records_[post->what.instance].present;
  return {CallResult::Kind::kAnswer, write_answer(code, tells ? &stored : nullptr)};
}

void OriginalNode::store(const WireInstance& wire) {
  Record& r = records_[wire.instance];
  if (!r.present) {
    ++size_;
    expected_ += 2;
  }
  r = {true, wire};
}

int OriginalNode::apply_register(const WirePost& post, Ns now) {
  const Record& r = records_[post.what.instance];
  WireInstance w = post.what;
  if (w.dirty_ns <= 0) w.dirty_ns = wall(now);
  if (r.present && r.wire.dirty_ns > w.dirty_ns) return 0;  // the stored one stays, and nobody is told
  w.up_ns = r.present ? r.wire.up_ns : wall(now);
  w.reg_ns = w.renew_ns = w.latest_ns = wall(now);
  store(w);
  return 0;
}

int OriginalNode::apply(const WirePost& post, Ns now, WireInstance& answer) {
  Record& r = records_[post.what.instance];
  switch (post.kind) {
    case PostKind::kRegister:
      return apply_register(post, now);
    case PostKind::kRenew:
      if (!r.present) return kNotFound;
      r.wire.renew_ns = wall(now);
      ++factual_;
      answer = r.wire;
      if (!post.replication || post.what.dirty_ns == r.wire.dirty_ns) return 0;
      return post.what.dirty_ns > r.wire.dirty_ns ? kNotFound : kConflict;
    case PostKind::kCancel:
      if (!r.present) return kNotFound;
      watcher_.cancelled(number_, post.what.instance, r.wire.content.generation, now);
      r.present = false;
      --size_;
      expected_ = std::max<int64_t>(0, expected_ - 2);
      return 0;
    case PostKind::kSet:
      if (!r.present) return kRefusedArgument;
      r.wire.content.set = post.what.content.set;
      r.wire.content.status = post.what.content.status;
      r.wire.dirty_ns = r.wire.latest_ns = post.set_ns > 0 ? post.set_ns : wall(now);
      return 0;
  }
  return kRefusedArgument;
}

void OriginalNode::post_to_all(WirePost post, Ns now) {
  for (uint32_t peer = 0; peer < nodes_; ++peer) {
    if (peer != number_) post_to(peer, post, now);
  }
}

void OriginalNode::post_to(uint32_t peer, const WirePost& post, Ns now) {
  const uint64_t id = next_call_++;
  calls_[id] = {peer, CallKind::kPost, post};
  network_.call(number_,
                {id,
                 address_of(peer),
                 cluster::Channel::kDelta,
                 CallKind::kPost,
                 {},
                 with_flags(write_post(post), true, true),
                 kPostTimeout},
                now);
}

void OriginalNode::answered(uint64_t call_id, CallResult result, Ns now) {
  const auto found = calls_.find(call_id);
  if (!up_ || found == calls_.end()) return;
  now_ = now;
  const Pending call = found->second;
  calls_.erase(found);
  if (call.kind == CallKind::kFetchAll) {
    --syncing_;
    std::string_view rest = result.kind == CallResult::Kind::kAnswer ? result.body : std::string_view{};
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      const auto w = read_instance(rest.substr(0, end));
      if (w && w->instance < records_.size()) {
        const Record& r = records_[w->instance];
        if (!r.present || r.wire.dirty_ns < w->dirty_ns) store(*w);
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return;
  }
  if (result.kind != CallResult::Kind::kAnswer || call.post.kind != PostKind::kRenew) return;
  const Record& r = records_[call.post.what.instance];
  if (result.body.starts_with("-404") && r.present) {
    post_to(call.peer, {.kind = PostKind::kRegister, .what = r.wire}, now);
  } else if (result.body.starts_with("-409 ")) {
    const auto w = read_instance(std::string_view(result.body).substr(5));
    if (w) apply_register({.kind = PostKind::kRegister, .what = *w, .replication = true}, now);
  }
}

void OriginalNode::fill(const Record& record, Written& written) {
  written.version.incarnation.t_ns = record.wire.dirty_ns;
  written.content = record.wire.content;
}

Reply OriginalNode::register_instance(uint32_t instance, const Content& content, Ns now, Written& written) {
  if (!listens()) return Reply::kUnavailable;
  now_ = now;
  WirePost post;
  post.kind = PostKind::kRegister;
  post.what.instance = instance;
  post.what.content = content;
  apply_register(post, now);
  post.what = records_[instance].wire;
  post_to_all(post, now);
  fill(records_[instance], written);
  return Reply::kOk;
}

Reply OriginalNode::renew(uint32_t instance, Ns now) {
  if (!listens()) return Reply::kUnavailable;
  now_ = now;
  WirePost post;
  post.kind = PostKind::kRenew;
  post.what.instance = instance;
  WireInstance stored;
  if (apply(post, now, stored) != 0) return Reply::kNotFound;
  post.what = stored;
  post_to_all(post, now);
  return Reply::kOk;
}

Reply OriginalNode::cancel(uint32_t instance, Ns now, Written& written) {
  if (!listens()) return Reply::kUnavailable;
  now_ = now;
  WirePost post;
  post.kind = PostKind::kCancel;
  post.what.instance = instance;  // and no timestamp: the original sends 0
  fill(records_[instance], written);
  WireInstance ignored;
  if (apply(post, now, ignored) != 0) return Reply::kNotFound;
  post_to_all(post, now);
  return Reply::kOk;
}

Reply OriginalNode::set(uint32_t instance, uint32_t set_number, uint32_t status, Ns now, Written& written) {
  if (!listens()) return Reply::kUnavailable;
  now_ = now;
  if (!records_[instance].present) return Reply::kNotFound;
  WirePost post;
  post.kind = PostKind::kSet;
  post.what = records_[instance].wire;
  post.what.content.set = set_number;
  post.what.content.status = status;
  post.set_ns = wall(now);
  WireInstance ignored;
  if (apply(post, now, ignored) != 0) return Reply::kNotFound;
  post_to_all(post, now);
  fill(records_[instance], written);
  return Reply::kOk;
}

Held OriginalNode::held(uint32_t instance, const Record& record, Ns now) const {
  Held h;
  h.instance = instance;
  h.content = record.wire.content;
  h.version.incarnation.t_ns = record.wire.dirty_ns;
  h.lease = now - (wall(now) - record.wire.renew_ns);
  return h;
}

void OriginalNode::read(FunctionRef<void(const Held&)> f) const {
  if (!up_) return;
  for (uint32_t i = 0; i < records_.size(); ++i) {
    if (records_[i].present) f(held(i, records_[i], now_));
  }
}

}  // namespace discovery::simulation
