#include "simulation/network.h"

#include <algorithm>
#include <charconv>

#include "simulation/chance.h"

namespace discovery::simulation {

using cluster::Call;
using cluster::CallKind;
using cluster::CallResult;

namespace {
const char* name_of(CallKind kind) {
  constexpr const char* kNames[] = {"hello", "push", "digest", "leaves", "sync", "post", "fetch/all"};
  return kNames[static_cast<size_t>(kind)];
}

/// Nodes of the original, whose calls come this way too, greet nobody.
bool needs_hello(CallKind kind) {
  return kind != CallKind::kHello && kind != CallKind::kPost && kind != CallKind::kFetchAll;
}
}  // namespace

std::string address_of(uint32_t node) { return "n" + std::to_string(node) + ":7171"; }

uint32_t node_at(std::string_view address) {
  uint32_t node = 0;
  if (!address.starts_with('n')) return Network::kNobody;
  const auto [end, error] = std::from_chars(address.data() + 1, address.data() + address.size(), node);
  return error == std::errc{} ? node : Network::kNobody;
}

Network::Network(uint32_t nodes, EventQueue& queue, Random& random, Trace& trace, NetworkEnds& ends)
    : nodes_(nodes),
      queue_(queue),
      random_(random),
      trace_(trace),
      ends_(ends),
      links_(size_t{nodes} * nodes),
      connections_(size_t{nodes} * nodes * 2),
      heard_(nodes, std::vector<Ns>(nodes, -1)) {}

bool Network::any_cut() const {
  return std::ranges::any_of(links_, [](const Link& l) { return l.cuts > 0 || l.clogs > 0; });
}

uint32_t Network::take_slot() {
  if (free_.empty()) {
    slots_.emplace_back();
    free_.push_back(static_cast<uint32_t>(slots_.size() - 1));
  }
  const uint32_t slot = free_.back();
  free_.pop_back();
  return slot;
}

Network::Slot* Network::current(uint32_t slot, uint32_t serial) {
  Slot& s = slots_[slot];
  return s.serial == serial && s.stage != Stage::kFree ? &s : nullptr;
}

void Network::later(uint32_t slot, Ns at, EventKind kind) {
  ++slots_[slot].events;
  queue_.put(at, kind, slot, slots_[slot].serial);
}

void Network::event_over(uint32_t slot) {
  Slot& s = slots_[slot];
  if (--s.events > 0) return;
  s.stage = Stage::kFree;
  ++s.serial;
  s.call = {};
  s.result = {};
  free_.push_back(slot);
}

uint32_t Network::receiver(const Event& event) const {
  const Slot& s = slots_[event.whom];
  if (s.serial != event.serial || s.stage == Stage::kFree) return kNobody;
  if (event.kind == EventKind::kArrive) return s.to;
  return s.caller_waits ? s.from : kNobody;
}

Ns Network::delay(bool& late) {
  late = happens(random_, quality_.slow_ppm);
  const Ns usual = quality_.latency_min + exponential(random_, quality_.latency_mean);
  return late ? usual + between(random_, kSecond, 12 * kSecond) : usual;
}

void Network::fail(uint32_t slot, CallResult::Kind kind, Ns at) {
  slots_[slot].stage = Stage::kFailing;
  slots_[slot].result = {kind, {}};
  later(slot, at, EventKind::kAnswer);
}

void Network::call(uint32_t from, Call call, Ns now) {
  ++messages_;
  const uint32_t to = node_at(call.address);
  const uint32_t slot = take_slot();
  Slot& s = slots_[slot];
  s.from = from;
  s.to = to;
  s.from_life = ends_.life(from);
  s.to_life = 0;
  s.caller_waits = true;
  s.late = false;
  s.stage = Stage::kUnderWay;
  s.call = std::move(call);
  s.heard = heard_[from];
  s.heard[from] = now;
  trace_.number(uint64_t{from} << 32 | to << 8 | static_cast<uint64_t>(s.call.kind));
  trace_.bytes(s.call.body);
  if (to >= nodes_ || to == from) return fail(slot, CallResult::Kind::kFailed, now + kMillisecond);
  if (needs_hello(s.call.kind)) {
    const uint32_t life = connection(from, to, s.call.channel);
    if (life == 0 || life != ends_.life(to)) {
      connection(from, to, s.call.channel) = 0;
      return fail(slot, CallResult::Kind::kFailed, now + kMillisecond / 10);
    }
  }
  const Ns waits = s.call.timeout.count();
  later(slot, now + waits, EventKind::kTimeout);
  if (cut_between(from, to) || happens(random_, quality_.lost_ppm)) return;
  bool late = false;
  const Ns at = now + delay(late);
  s.late = late;
  s.to_life = ends_.life(to);
  if (link(from, to).clogs > 0) {
    ++s.events;
    s.late = true;
    link(from, to).waiting.emplace_back(slot, s.serial);
  } else {
    later(slot, at, EventKind::kArrive);
  }
  if (happens(random_, quality_.repeated_ppm)) {
    const uint32_t again = take_slot();
    Slot& r = slots_[again];
    const Slot& first = slots_[slot];
    r.from = from;
    r.to = to;
    r.from_life = first.from_life;
    r.to_life = first.to_life;
    r.caller_waits = false;
    r.late = true;
    r.stage = Stage::kUnderWay;
    r.call = first.call;
    r.heard = first.heard;
    bool ignored = false;
    later(again, at + delay(ignored) * static_cast<Ns>(1 + random_.below(50)), EventKind::kArrive);
  }
}

void Network::unclog(uint32_t from, uint32_t to, Ns now) {
  Link& l = link(from, to);
  if (--l.clogs > 0) return;
  for (const auto& [slot, serial] : l.waiting) queue_.put(now, EventKind::kArrive, slot, serial);
  l.waiting.clear();
}

void Network::heal(Ns now) {
  for (uint32_t from = 0; from < nodes_; ++from) {
    for (uint32_t to = 0; to < nodes_; ++to) {
      Link& l = link(from, to);
      l.cuts = 0;
      if (l.clogs > 0) {
        l.clogs = 1;
        unclog(from, to, now);
      }
    }
  }
}

void Network::forget(uint32_t from, const std::string& address) {
  const uint32_t to = node_at(address);
  if (to >= nodes_) return;
  connection(from, to, cluster::Channel::kDelta) = 0;
  connection(from, to, cluster::Channel::kBulk) = 0;
}

void Network::drop(uint32_t node) {
  std::ranges::fill(heard_[node], -1);
  for (uint32_t to = 0; to < nodes_; ++to) {
    connection(node, to, cluster::Channel::kDelta) = 0;
    connection(node, to, cluster::Channel::kBulk) = 0;
  }
}

void Network::on_arrive(uint32_t slot, uint32_t serial, Ns now) {
  Slot* s = current(slot, serial);
  if (!s) return;
  const bool cut = cut_between(s->from, s->to);
  if (!cut && !ends_.up(s->to)) {
    if (s->caller_waits) fail(slot, CallResult::Kind::kRefused, now + quality_.latency_min);
  } else if (!cut && needs_hello(s->call.kind) && s->to_life != ends_.life(s->to)) {
    if (s->caller_waits) fail(slot, CallResult::Kind::kFailed, now + quality_.latency_min);  // a reset connection
  } else if (!cut) {
    trace_.line(now, "n%u -> n%u %s%s, %zu bytes", s->from, s->to, name_of(s->call.kind), s->late ? " (late)" : "",
                s->call.body.size());
    auto& known = heard_[s->to];
    s->result = ends_.serve(s->to, s->from, s->call, s->late);
    if (s->result.kind == CallResult::Kind::kAnswer) {
      for (size_t n = 0; n < nodes_; ++n) known[n] = std::max(known[n], s->heard[n]);
    }
    s->heard = known;
    s->heard[s->to] = now;
    s->to_life = ends_.life(s->to);
    if (s->caller_waits) send_answer(slot, now);
  }
  event_over(slot);
}

void Network::send_answer(uint32_t slot, Ns now) {
  Slot& s = slots_[slot];
  ++messages_;
  trace_.bytes(s.result.body);
  if (cut_between(s.to, s.from) || happens(random_, quality_.lost_ppm)) return;
  s.stage = Stage::kAnswered;
  bool late = false;
  later(slot, now + delay(late), EventKind::kAnswer);
}

void Network::on_answer(uint32_t slot, uint32_t serial, Ns now) {
  Slot* s = current(slot, serial);
  if (!s) return;
  if (s->caller_waits && !(s->stage == Stage::kAnswered && cut_between(s->to, s->from))) {
    const bool alive = s->from_life == ends_.life(s->from) && ends_.up(s->from);
    if (alive && s->stage == Stage::kAnswered && s->result.kind == CallResult::Kind::kAnswer) {
      auto& known = heard_[s->from];
      for (size_t n = 0; n < nodes_; ++n) known[n] = std::max(known[n], s->heard[n]);
    }
    trace_.line(now, "n%u <- n%u %s: %d, %zu bytes", s->from, s->to, name_of(s->call.kind),
                static_cast<int>(s->result.kind), s->result.body.size());
    tell(slot, std::move(s->result));
  }
  event_over(slot);
}

void Network::on_timeout(uint32_t slot, uint32_t serial, Ns /*now*/) {
  Slot* s = current(slot, serial);
  if (!s) return;
  if (s->caller_waits) tell(slot, {CallResult::Kind::kTimeout, {}});
  event_over(slot);
}

// The connection stands or falls with the outcome.
void Network::tell(uint32_t slot, CallResult result) {
  Slot& s = slots_[slot];
  s.caller_waits = false;
  if (s.from_life != ends_.life(s.from) || !ends_.up(s.from)) return;
  const bool answered = result.kind == CallResult::Kind::kAnswer || result.kind == CallResult::Kind::kOriginal;
  if (s.to < nodes_) connection(s.from, s.to, s.call.channel) = answered ? s.to_life : 0;
  ends_.answered(s.from, s.call.id, std::move(result));
}

}  // namespace discovery::simulation
