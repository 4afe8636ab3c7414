// What another node may send: every message of the peer protocol; and as a sequence of operations on two nodes, which
// must hold the same once each has taken in what the other has.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "cluster/cluster.h"
#include "cluster/messages.h"
#include "fuzz/fuzz_target.h"
#include "unit/cluster/message_samples.h"

namespace discovery::fuzz {
namespace {

using namespace cluster;

constexpr TimePoint kStart = from_wire_ns(1'700'000'000'000'000'000);
constexpr HashKey kClusterKey{0x1234, 0x5678};

void check_members(const std::vector<MemberEntry>& members) {
  FUZZ_CHECK(members.size() <= kMembersMax);
  for (const MemberEntry& m : members) {
    FUZZ_CHECK(!m.address.empty() && m.address.size() <= kAddressBytesMax && m.zone.size() <= kZoneBytesMax);
    FUZZ_CHECK(m.removed <= m.added && m.added <= kGenerationMax);
  }
}
void check_header(const Header& h) {
  FUZZ_CHECK(!h.address.empty() && h.address.size() <= kAddressBytesMax && h.boot != 0 && h.sent_ns >= 0 &&
             h.hlc_ns >= 0);
}

/// What is accepted is within the limits, and says the same when it is written again.
void fuzz_peer_message(std::string_view input) {
  if (const auto m = decode_hello(input)) {
    check_header(m->header);
    check_members(m->members);
    const std::string again = encode(*m);
    const auto twice = decode_hello(again);
    FUZZ_CHECK(twice && encode(*twice) == again);
  }
  if (const auto m = decode_hello_reply(input)) {
    check_members(m->self.members);
    FUZZ_CHECK(decode_hello_reply(encode(*m)).has_value());
  }
  if (const auto m = decode_push(input)) {
    check_header(m->header);
    check_members(m->members);
    FUZZ_CHECK(m->leases.from_ns >= 0 && m->leases.from_ns <= m->leases.to_ns);
    uint32_t before = 0;
    for (const LeaseEntry& e : m->leases.entries) {
      FUZZ_CHECK(e.slot >= before && e.age_ns >= 0);
      before = e.slot;
    }
    Push copy = *m;
    for (const LeaseDefinition& d : m->leases.definitions) copy.leases.define(d.slot, d.key);
    RecordBatch batch;
    for (const registry::Record& r : m->records) batch.add(r);
    const std::string again = encode(copy, batch);
    const auto twice = decode_push(again);
    FUZZ_CHECK(twice && twice->records.size() == m->records.size() && twice->heard == m->heard);
    FUZZ_CHECK(twice->leases.entries.size() == m->leases.entries.size());
    FUZZ_CHECK(twice->leases.definitions.size() == m->leases.definitions.size());
  }
  if (const auto m = decode_push_reply(input)) FUZZ_CHECK(decode_push_reply(encode(*m)).has_value());
  if (const auto m = decode_digest_request(input)) FUZZ_CHECK(decode_digest_request(encode(*m))->roots == m->roots);
  if (const auto m = decode_digest_reply(input)) {
    FUZZ_CHECK(m->differing.size() <= registry::Digest::kFanOut);
    FUZZ_CHECK(decode_digest_reply(encode(*m)).has_value());
  }
  if (const auto m = decode_leaves_request(input)) FUZZ_CHECK(decode_leaves_request(encode(*m))->leaves == m->leaves);
  if (const auto m = decode_leaves_reply(input)) check_header(m->header);
  if (const auto m = decode_sync_request(input))
    FUZZ_CHECK(decode_sync_request(encode(*m))->cursor.slot == m->cursor.slot);
  if (const auto m = decode_sync_reply(input)) check_header(m->header);
}

std::vector<std::string> message_seeds() {
  std::vector<std::string> seeds;
  for (const MessageKind& kind : all_messages()) seeds.push_back(kind.bytes);
  return seeds;
}

const RegisteredTarget kPeerMessage(
    {"peer_message",
     fuzz_peer_message,
     message_seeds(),
     {std::string("\x06\x00", 2), std::string("\x05\xff\x7f", 3), std::string("\x10\x00", 2),
      std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10), "\x0d\x01", "\x0e\x02", "10.0.0.1:7171"}});

// ------------------------------------------------------------------------------------------------------ two nodes

class NoOriginals final : public OriginalWire {
 public:
  [[nodiscard]] Post register_post(const registry::StoredRecord&) const override { return {}; }
  [[nodiscard]] Post cancel_post(const registry::StoredRecord&) const override { return {}; }
  [[nodiscard]] std::string form_for(const Post&, bool) const override { return {}; }
  [[nodiscard]] Result<PostAnswer> read_answer(std::string_view) const override { return invalid("none"); }
  [[nodiscard]] Result<std::vector<ForeignInstance>> read_fetch_all(std::string_view) const override {
    return invalid("none");
  }
};

/// A node that keeps its calls until somebody answers them.
class Peer final : private Transport, private Effects {
 public:
  Peer(uint16_t id, const std::string& address, const std::string& other)
      : registry(registry_settings(id)),
        random(id),
        cluster(cluster_settings(id, address, other), {registry, *this, *this, wire, random}, kStart) {
    cluster.start(false, kStart);
  }
  registry::Registry registry;
  NoOriginals wire;
  SeededRandom random;
  Cluster cluster;
  std::vector<Call> calls;

 private:
  static registry::RegistrySettings registry_settings(uint16_t id) {
    registry::RegistrySettings s;
    s.hash_key = {id, 77};
    s.cluster_key = kClusterKey;
    s.node_id = id;
    return s;
  }
  static ClusterSettings cluster_settings(uint16_t id, const std::string& address, const std::string& other) {
    ClusterSettings s;
    s.address = address;
    s.zone = "zone-a";
    s.node_id = id;
    s.seeds = {{other, "zone-a"}};
    s.cluster_key = kClusterKey;
    s.queue_max = 6;
    s.batch_bytes_max = 600;
    return s;
  }
  void call(Call call) override { calls.push_back(std::move(call)); }
  void forget(const std::string&) override { calls.clear(); }
  void changed(const registry::Wake&, TimePoint) override {}
  void tell(std::string_view, std::string_view, std::string_view) override {}
};

class Pair {
 public:
  Pair() : a_(1, "a:1", "b:1"), b_(2, "b:1", "a:1") {}

  /// Every byte is a step: what to do, and with which of eight keys.
  void run(std::string_view steps) {
    for (size_t i = 0; i < steps.size(); ++i) {
      const auto byte = static_cast<uint8_t>(steps[i]);
      step(byte, steps.substr(i + 1));
      FUZZ_CHECK(a_.cluster.longest_queue() <= 40 && b_.cluster.longest_queue() <= 40);
    }
    for (int round = 0; round < 400; ++round) {
      now_ += std::chrono::milliseconds(100);
      a_.cluster.tick(now_);
      b_.cluster.tick(now_);
      while (!a_.calls.empty() || !b_.calls.empty()) {
        answer(a_, b_, true);
        answer(b_, a_, true);
      }
    }
    FUZZ_CHECK(a_.registry.digest() == b_.registry.digest());
    FUZZ_CHECK(a_.cluster.ready() && b_.cluster.ready());
    FUZZ_CHECK(a_.cluster.longest_queue() == 0 && b_.cluster.longest_queue() == 0);
  }

 private:
  void step(uint8_t byte, std::string_view rest) {
    Peer& at = byte & 1 ? a_ : b_;
    Peer& other = byte & 1 ? b_ : a_;
    const std::string host = "h" + std::to_string(byte >> 5);
    const registry::InstanceKeyView key{{"dev", "shop.cart"}, "zone-a", host};
    switch ((byte >> 1) & 15) {
      case 0:
      case 1:
        put(at, key, byte);
        break;
      case 2:
        static_cast<void>(at.registry.cancel({.key = key}, now_));
        break;
      case 3:
        set(at, key, byte);
        break;
      case 4:
        static_cast<void>(at.registry.renew({.key = key}, now_, [](const registry::InstanceView&) {}));
        break;
      case 5:
        answer(at, other, true);
        break;
      case 6:
        answer(at, other, false);
        break;
      case 7:  // delivered twice
        if (!at.calls.empty())
          static_cast<void>(other.cluster.handle(at.calls.front().kind, at.calls.front().body, now_));
        break;
      case 8:  // a message that nobody of ours made
        static_cast<void>(at.cluster.handle(static_cast<CallKind>(byte >> 5), rest, now_));
        break;
      case 9:  // and an answer
        if (!at.calls.empty()) {
          const uint64_t id = at.calls.front().id;
          at.calls.erase(at.calls.begin());
          at.cluster.on_result(id, {static_cast<CallResult::Kind>((byte >> 5) % 5), std::string(rest)}, now_);
        }
        break;
      default:
        now_ += std::chrono::milliseconds(30 * (1 + (byte >> 5)));
        a_.cluster.tick(now_);
        b_.cluster.tick(now_);
    }
  }
  void put(Peer& at, const registry::InstanceKeyView& key, uint8_t byte) {
    const std::string text = std::to_string(byte);
    registry::RegisterArgs args;
    args.key = key;
    args.version = text;
    args.addrs_json = "[]";
    args.metadata_json = "{}";
    args.from_peer = byte & 2;
    static_cast<void>(at.registry.register_instance(args, now_));
  }
  void set(Peer& at, const registry::InstanceKeyView& key, uint8_t byte) {
    const registry::SetItem item{key.hostname, 1U + (byte >> 7), false};
    static_cast<void>(at.registry.set({key.app,
                                       key.zone,
                                       {&item, 1},
                                       0,
                                       false,
                                       [](size_t, std::string_view) -> Result<std::string> { return invalid("no"); }},
                                      now_));
  }
  void answer(Peer& from, Peer& to, bool arrives) {
    if (from.calls.empty()) return;
    const Call call = std::move(from.calls.front());
    from.calls.erase(from.calls.begin());
    if (!arrives) return from.cluster.on_result(call.id, {CallResult::Kind::kTimeout, {}}, now_);
    auto done = to.cluster.handle(call.kind, call.body, now_);
    from.cluster.on_result(
        call.id,
        done ? CallResult{CallResult::Kind::kAnswer, std::move(*done)} : CallResult{CallResult::Kind::kFailed, {}},
        now_);
  }

  TimePoint now_ = kStart;
  Peer a_;
  Peer b_;
};

void fuzz_two_nodes(std::string_view input) {
  Pair pair;
  pair.run(input.substr(0, 400));
}

const RegisteredTarget kTwoNodes(
    {"two_nodes",
     fuzz_two_nodes,
     {std::string("\x14\x14\x0a\x0b\x0a\x0b\x01\x22\x43\x14\x0a\x0b\x05\x24\x14\x0b\x0a", 17),
      std::string("\x14\x01\x21\x41\x61\x81\xa1\xc1\xe1\x0c\x0d\x14\x0e\x0f\x14\x12\x13", 17)},
     {"\x14\x14", "\x0a\x0b", "\x0c", "\x10", "\x12"}});

}  // namespace
}  // namespace discovery::fuzz
