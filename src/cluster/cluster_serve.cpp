// What other nodes of ours ask, and how their records and renewals are taken in.
#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "cluster/other.h"

namespace discovery::cluster {

namespace {
constexpr size_t kWalkBudget = 256;
constexpr uint32_t kSlotsMax = 1U << 24;  ///< of one other node: what its table here may grow to

std::string_view word_for(HelloVerdict verdict) {
  switch (verdict) {
    case HelloVerdict::kSameNodeId:
      return "peer_same_node_id";
    case HelloVerdict::kNoCommonVersion:
      return "peer_other_version";
    case HelloVerdict::kClockAhead:
      return "peer_clock_ahead";
    case HelloVerdict::kNotAdmitted:
      return "peer_not_admitted";
    case HelloVerdict::kWelcome:
      break;
  }
  return "peer_up";
}

Error from_stranger() { return invalid("the sender is no member of this cluster"); }
}  // namespace

Result<std::string> Cluster::handle(CallKind kind, std::string_view body, TimePoint now) {
  switch (kind) {
    case CallKind::kHello:
      return serve_hello(body, now);
    case CallKind::kPush:
      return serve_push(body, now);
    case CallKind::kDigest:
      return serve_digest(body, now);
    case CallKind::kLeaves:
      return serve_leaves(body, now);
    case CallKind::kSync:
      return serve_sync(body, now);
    case CallKind::kPost:
    case CallKind::kFetchAll:
      break;
  }
  return invalid("no message of the peer protocol");
}

Hello Cluster::hello_of_self(const Other* other, TimePoint now) const {
  Hello h;
  h.header = header_for(other, now);
  h.version_max = settings_.version_max;
  h.node_id = settings_.node_id;
  const MemberEntry* self = membership_.find(settings_.address);
  h.generation = self ? self->added : 1;
  h.zone = settings_.zone;
  h.members = membership_.list();
  return h;
}

HelloVerdict Cluster::judge_hello(const Hello& hello, TimePoint now) const {
  const std::string_view address = hello.header.address;
  if (hello.version_min > settings_.version_max || hello.version_max < kProtocolMin) {
    return HelloVerdict::kNoCommonVersion;
  }
  if (!believable(hello.header.hlc_ns, now)) return HelloVerdict::kClockAhead;
  const bool is_self = hello.header.boot == boot_;
  const bool poses_as_self = !is_self && (hello.node_id == settings_.node_id || address == settings_.address);
  if (poses_as_self || !membership_.other_with_id(hello.node_id, address).empty()) return HelloVerdict::kSameNodeId;
  const bool full = others_.size() >= kMembersMax && !others_.contains(address) && !alias_.contains(address);
  return full || !admits(address) ? HelloVerdict::kNotAdmitted : HelloVerdict::kWelcome;
}

void Cluster::greeted_by(const Hello& hello, TimePoint now) {
  const std::string address(hello.header.address);
  registry_.versions().observe(hello.header.hlc_ns);
  merge_members(hello.members, now);
  other_at(address, std::string(hello.zone), now);
  membership_.add(address, hello.zone, std::max<uint32_t>(hello.generation, 1));
  membership_.set_node_id(address, hello.node_id);
  refresh_members(now);
  Other* from = find_other(address);
  if (!from) return;  // removed meanwhile: it learns of that from the answer, and joins again
  if (from->state == Other::State::kOriginal) {  // no original says hello: one of ours has taken its place
    from->state = Other::State::kUnknown;
    from->original.lost();
    forget(from->address);
  }
  // It is there: no reason to wait for the end of a back-off.
  if (!from->up() && from->state != Other::State::kGreeting) from->next_hello = now;
}

Result<std::string> Cluster::serve_hello(std::string_view body, TimePoint now) {
  const auto hello = decode_hello(body);
  if (!hello) return hello.error();
  const HelloVerdict verdict = judge_hello(*hello, now);
  if (verdict != HelloVerdict::kWelcome) {
    effects_.tell(word_for(verdict), hello->header.address, "hello refused");
  } else if (hello->header.boot != boot_) {
    greeted_by(*hello, now);
  }
  HelloReply reply{hello_of_self(find_other(hello->header.address), now), verdict};
  reply.self.header.welcome = ++welcomes_;
  return encode(reply);
}

Cluster::Other* Cluster::known_sender(const Header& header, TimePoint now) {
  Other* from = find_other(header.address);
  if (!from || !membership_.contains(header.address) || !believable(header.hlc_ns, now)) return nullptr;
  registry_.versions().observe(header.hlc_ns);
  if (!from->life.hears(header, header.for_boot == boot_, now)) return nullptr;
  coverage_.heard(from->address, header.boot, header.sent_ns, now);
  return from;
}

// ------------------------------------------------------------------------------------------------------- push

Result<std::string> Cluster::serve_push(std::string_view body, TimePoint now) {
  const auto push = decode_push(body);
  if (!push) return push.error();
  PushReply reply;
  if (!believable(push->header.hlc_ns, now)) {
    reply.verdict = PushVerdict::kClockAhead;
  } else {
    // Who is a member comes first: coverage must not move past a join it does not know of.
    if (find_other(push->header.address)) merge_members(push->members, now);
    Other* from = known_sender(push->header, now);
    if (!from) {
      reply.verdict = PushVerdict::kNotAMember;
    } else if (push->header.for_boot != boot_) {
      reply.verdict = PushVerdict::kOtherBoot;
    } else {
      from->heard = now;
      for (const std::string_view address : push->heard) doubt_refusals(address);
      take_records(*from, push->header, push->records, Records::kPlain, now);
      take_records(*from, push->header, push->to_pass_on, Records::kToPassOn, now);
      if (from->slots.advance(push->header.boot, push->header.sent_ns)) {
        take_leases(*from, push->header, push->leases, reply.unknown_slots, now);
      }
    }
  }
  reply.header = header_for(find_other(push->header.address), now);
  return encode(reply);
}

// Somebody hears a node that refuses us: what refuses stands between us and it.
void Cluster::doubt_refusals(std::string_view address) {
  Other* other = find_other(address);
  if (other && std::exchange(other->covered_by_refusal, false)) coverage_.uncover(other->address);
}

void Cluster::take_records(Other& from, const Header& header, const std::vector<registry::Record>& records, Records how,
                           TimePoint now) {
  const Coverage::Mapping* clock = coverage_.mapping(from.address);
  for (const registry::Record& record : records) {
    ++from.counters.records_received;
    const int64_t newest = std::max(record.version.incarnation.t_ns, record.version.set.t_ns);
    if (!believable(newest, now) || !effects_.acceptable(record)) {
      ++from.counters.records_refused;
      continue;
    }
    registry::JoinArgs args;
    args.record = record;
    args.by = from.address;
    args.trust_hidden = how == Records::kHiddenToo;
    if (record.home_age && clock) args.lease = std::min(now, clock->ours(header.sent_ns - record.home_age->count()));
    const registry::JoinOutcome done = registry_.join(args, now);
    effects_.changed(done.wake, now);
    switch (done.result) {
      case registry::JoinResult::kApplied:
        ++from.counters.records_applied;
        break;
      case registry::JoinResult::kOlder:
        from.peer.enqueue(done.ref, now);
        break;
      case registry::JoinResult::kFull:
        ++from.counters.records_refused;
        break;
      case registry::JoinResult::kSame:
      case registry::JoinResult::kForgotten:
        break;
    }
    // One that is here already was told by another gateway, which may have ended before it passed it on.
    const bool holds = done.result == registry::JoinResult::kApplied || done.result == registry::JoinResult::kSame;
    if (how == Records::kToPassOn && holds) pass_on_in_zone(done.ref, now);
  }
}

void Cluster::take_leases(Other& from, const Header& header, const LeasePart& part, std::vector<uint32_t>& unknown,
                          TimePoint now) {
  const Coverage::Mapping* clock = coverage_.mapping(from.address);
  if (!clock || part.to_ns == 0) return;
  std::set<uint32_t> absent;  // named just now, and no such record is here: there is no lease to lose
  for (const LeaseDefinition& d : part.definitions) {
    if (d.slot >= kSlotsMax) continue;
    const registry::RecordRef ref = registry_.find_record(d.key);
    from.slots.define(d.slot, ref);
    if (!ref) absent.insert(d.slot);
  }
  const int64_t held_ns = coverage_.held_until(from.address, header.boot);
  bool all_held = true;
  for (const LeaseEntry& e : part.entries) {
    ++from.counters.leases_received;
    const registry::RecordRef ref = from.slots.at(e.slot);
    const int64_t stamp_ns = part.to_ns - std::min(part.to_ns, e.age_ns);
    registry::Wake wake;
    const bool counts = stamp_ns > held_ns;
    if (ref && registry_.raise_lease(ref, std::min(now, clock->ours(stamp_ns)), counts, now, wake, from.address)) {
      effects_.changed(wake, now);
      continue;
    }
    if (!absent.contains(e.slot) || unknown.size() >= PeerLink::kUnknownMax) all_held = false;  // told again, then
    if (unknown.size() < PeerLink::kUnknownMax) unknown.push_back(e.slot);
  }
  if (part.complete && all_held) coverage_.covered(from.address, part.from_ns, part.to_ns);
  if (part.farewell && all_held) took_farewell(from, now);
}

// ------------------------------------------------------------------------------------------------------- digests

Result<std::string> Cluster::serve_digest(std::string_view body, TimePoint now) {
  const auto request = decode_digest_request(body);
  if (!request) return request.error();
  Other* from = known_sender(request->header, now);
  if (!from) return from_stranger();
  DigestReply reply;
  reply.header = header_for(from, now);
  const registry::Digest::Sums ours = registry_.digest().roots();
  for (size_t root = 0; root < ours.size(); ++root) {
    if (ours[root] == request->roots[root]) continue;
    reply.differing.push_back({static_cast<uint8_t>(root), registry_.digest().leaves(root)});
  }
  return encode(reply);
}

// Each side gets what the other has newer. That a record is not there is no information but this: it is not there.
Result<std::string> Cluster::serve_leaves(std::string_view body, TimePoint now) {
  const auto request = decode_leaves_request(body);
  if (!request) return request.error();
  Other* from = known_sender(request->header, now);
  if (!from) return from_stranger();
  std::vector<bool> leaves(registry::Digest::kLeaves);
  for (const uint16_t leaf : request->leaves) leaves[leaf] = true;
  std::unordered_map<uint64_t, const LeafEntry*> theirs;  // the keys are hashes with a secret; only looked up
  for (const LeafEntry& e : request->entries) theirs.emplace(e.key_digest, &e);
  LeavesReply reply;
  RecordBatch batch;
  std::unordered_set<uint64_t> ours;
  read_leaves(registry_, leaves, [&](const registry::StoredRecord& r) {
    const uint64_t digest = r.instance->key_digest();
    ours.insert(digest);
    const auto it = theirs.find(digest);
    if (it != theirs.end() && it->second->version == r.instance->numbers.version) return;
    if (it != theirs.end() && it->second->version > r.instance->numbers.version) {
      reply.wanted.push_back(digest);
    } else if (batch.bytes().size() < settings_.batch_bytes_max) {
      batch.add(r.at(now));
    } else {
      from->peer.enqueue(r.ref, now);
      ++reply.left_out;
    }
  });
  for (const LeafEntry& e : request->entries) {
    if (!ours.contains(e.key_digest)) reply.wanted.push_back(e.key_digest);
  }
  reply.header = header_for(from, now);
  return encode(reply, batch);
}

Result<std::string> Cluster::serve_sync(std::string_view body, TimePoint now) {
  const auto request = decode_sync_request(body);
  if (!request) return request.error();
  Other* from = known_sender(request->header, now);
  if (!from) return from_stranger();
  SyncReply reply;
  RecordBatch batch;
  reply.next = request->cursor;
  bool more = true;
  while (more && batch.bytes().size() < settings_.batch_bytes_max) {
    more =
        registry_.read_records(reply.next, kWalkBudget, [&](const registry::StoredRecord& r) { batch.add(r.at(now)); });
  }
  reply.done = !more;
  reply.header = header_for(from, now);
  return encode(reply, batch);
}

}  // namespace discovery::cluster
