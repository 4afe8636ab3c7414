// Calls to other nodes: how a link comes up, is lost, and comes back (the states of cluster.h).
#include <algorithm>

#include "cluster/other.h"

namespace discovery::cluster {

using State = Cluster::Other::State;

namespace {
constexpr Duration kRefusedGap = std::chrono::seconds(6);
constexpr Duration kProbeInterval = std::chrono::seconds(2);

std::string_view trouble_of(CallResult::Kind how) {
  switch (how) {
    case CallResult::Kind::kRefused:
      return "nobody listens there";
    case CallResult::Kind::kTimeout:
      return "no answer in time";
    default:
      return "the connection broke, or what answers there is no node";
  }
}

std::string_view trouble_of(HelloVerdict verdict) {
  switch (verdict) {
    case HelloVerdict::kSameNodeId:
      return "it does not take this node as a peer: both have the same node id";
    case HelloVerdict::kNoCommonVersion:
      return "it does not take this node as a peer: no version of the protocol is common";
    case HelloVerdict::kClockAhead:
      return "it does not take this node as a peer: this clock is too far ahead of its own";
    case HelloVerdict::kNotAdmitted:
      return "it does not take this node as a peer: this node is not in its configuration, or does not prove to be a "
             "node (key or clock: its log says which)";
    case HelloVerdict::kWelcome:
      break;
  }
  return "its clock is too far ahead of this one";
}
}  // namespace

Header Cluster::header_for(const Other* other, TimePoint now) const {
  Header h{settings_.address, boot_, 0, to_wire_ns(now), registry_.versions().last()};
  if (other) {
    h.for_boot = other->boot;
    h.welcome = other->welcome;
  }
  return h;
}

bool Cluster::believable(int64_t hlc_ns, TimePoint now) const {
  return hlc_ns <= registry_.versions().here(now) + settings_.max_clock_lead.count();
}

// A late answer or failure of a call that is given up must not be taken for that of a later one.
void Cluster::forget(const std::string& address) {
  std::erase_if(calls_, [&](const auto& call) { return call.second.address == address; });
  transport_.forget(address);
}

std::vector<std::string_view> Cluster::heard_lately(TimePoint now) const {
  std::vector<std::string_view> heard;
  for (const auto& [address, other] : others_) {
    if (other->heard && now - *other->heard <= kHeardWithin) heard.push_back(address);
  }
  return heard;
}

void Cluster::begin_call(Other& other, Call call) {
  call.id = next_call_++;
  call.address = other.address;
  calls_.emplace(call.id, Pending{other.address, call.channel, call.kind});
  transport_.call(std::move(call));
}

void Cluster::on_result(uint64_t call_id, const CallResult& result, TimePoint now) {
  auto pending = calls_.extract(call_id);
  if (!pending) return;
  const Pending& p = pending.mapped();
  Other* other = find_other(p.address);
  if (!other || other->address != p.address) return;
  if (p.kind == CallKind::kHello && p.channel == Channel::kDelta) {
    on_hello(*other, result, now);
  } else if (p.kind == CallKind::kPost || p.kind == CallKind::kFetchAll) {
    other->original.on_result(p.kind, result, now);
  } else {
    other->peer.on_result(p.kind, p.channel, result, now);
  }
}

void Cluster::greet(Other& other, TimePoint now) {
  other.state = State::kGreeting;
  other.hello_sent = now;
  Call c;
  c.channel = Channel::kDelta;
  c.kind = CallKind::kHello;
  c.body = encode(hello_of_self(&other, now));
  c.timeout = settings_.hello_timeout;
  begin_call(other, std::move(c));
}

void Cluster::on_hello(Other& other, const CallResult& result, TimePoint now) {
  if (other.state != State::kGreeting) return;
  other.tried = true;
  if (result.kind == CallResult::Kind::kOriginal) return met_original(other, now);
  const auto refused = [&](HelloVerdict verdict) {
    const std::string_view why = trouble_of(verdict);
    effects_.tell(verdict == HelloVerdict::kSameNodeId ? "peer_same_node_id" : "peer_refuses", other.address, why);
    other.backoff = settings_.backoff_max;
    failed(other, CallResult::Kind::kFailed, now);
    other.trouble = why;
  };
  if (result.kind == CallResult::Kind::kDenied) return refused(HelloVerdict::kNotAdmitted);
  if (result.kind != CallResult::Kind::kAnswer) return failed(other, result.kind, now);
  const auto reply = decode_hello_reply(result.body);
  if (!reply) {
    effects_.tell("peer_garbage", other.address, reply.error().message);
    return failed(other, CallResult::Kind::kFailed, now);
  }
  if (reply->verdict != HelloVerdict::kWelcome || !believable(reply->self.header.hlc_ns, now)) {
    return refused(reply->verdict);
  }
  welcomed(other, *reply, now);
}

void Cluster::welcomed(Other& other, const HelloReply& reply, TimePoint now) {
  const std::string address(reply.self.header.address);
  if (reply.self.header.boot == boot_) {  // ourselves, under another name
    const std::string name = other.address;
    alias_[name] = settings_.address;
    membership_.remove(name);
    drop_other(name, now);
    return;
  }
  if (address == settings_.address) {
    effects_.tell("peer_same_node_id", other.address, "it goes by the address of this node");
    return failed(other, CallResult::Kind::kFailed, now);
  }
  if (address != other.address) {  // configured under another name than it goes by
    const std::string name = other.address;
    const bool seed = other.seed;
    const std::string zone(reply.self.zone);
    membership_.remove(name);
    drop_other(name, now);
    alias_[name] = address;
    Other& real = other_at(address, zone, now);
    real.seed = real.seed || seed;
    membership_.add(address, zone, 0);
    refresh_members(now);
    return;
  }
  if (other.life.boot != reply.self.header.boot) {
    // One boot has answered, and another has called since we asked: who lives is told by the next answer.
    if (other.life.since > other.hello_sent) return failed(other, CallResult::Kind::kFailed, now);
    other.life = {reply.self.header.boot, welcomes_, now};
  }
  other.state = State::kOurs;
  other.welcome = reply.self.header.welcome;
  other.covered_by_refusal = other.ended = false;
  other.known_ours = true;
  if (std::exchange(other.known_original, false)) other.peer.left_out(now);  // an original is told in another way
  other.zone = std::string(reply.self.zone);
  other.version = std::min(settings_.version_max, reply.self.version_max);
  other.backoff = settings_.backoff_min;
  other.down_since.reset();
  other.trouble = {};
  other.original.clear();
  registry_.versions().observe(reply.self.header.hlc_ns);
  other.peer.greeted(reply.self.header.boot, now);
  membership_.add(other.address, reply.self.zone, std::max<uint32_t>(reply.self.generation, 1));
  membership_.set_node_id(other.address, reply.self.node_id);
  merge_members(reply.self.members, now);
  if (!find_other(address)) return;  // it was removed meanwhile, and is none of the configured ones
  coverage_.heard(other.address, reply.self.header.boot, reply.self.header.sent_ns, now);
  name_contents(now);
  effects_.tell("peer_up", other.address, "of our kind");
  if (!start_up_.ready() && !other.synced) other.peer.begin_sync(now);
  update_start(now);
  publish(now);
}

void Cluster::met_original(Other& other, TimePoint now) {
  other.state = State::kOriginal;
  other.known_ours = false;
  other.known_original = true;
  other.backoff = settings_.backoff_min;
  other.down_since.reset();
  other.trouble = {};
  other.peer.drop_queue();
  effects_.tell("peer_up", other.address, "an original");
  other.original.greeted(!start_up_.ready() && !other.synced, now);
  update_start(now);
  publish(now);
}

void Cluster::failed(Other& other, CallResult::Kind how, TimePoint now) {
  const bool was_up = other.up();
  const TimePoint probed = other.hello_sent;
  const bool greeting = other.state == State::kGreeting;
  other.tried = true;
  other.state = State::kDown;
  other.trouble = trouble_of(how);
  if (!other.down_since) other.down_since = now;
  other.peer.lost(now);
  other.original.lost();
  forget(other.address);
  const auto half = static_cast<uint64_t>(other.backoff.count() / 2);
  other.next_hello = now + Duration(half + random_.below(half + 1));
  other.backoff = std::min(other.backoff * 2, settings_.backoff_max);
  if (settings_.trust_refused && how == CallResult::Kind::kRefused && greeting) {
    coverage_.covered_until(other.address, probed, kRefusedGap);
    other.covered_by_refusal = true;
    other.next_hello = std::min(other.next_hello, now + kProbeInterval);
    other.backoff = std::min(other.backoff, kProbeInterval);
  }
  if (was_up) {
    effects_.tell("peer_down", other.address, other.trouble);
    publish(now);
  }
  update_start(now);
}

}  // namespace discovery::cluster
