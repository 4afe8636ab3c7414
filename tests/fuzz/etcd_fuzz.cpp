// Targets of the front end for clients of etcd: any bytes as the request of any method, over a real key space that
// reads keys as a node does; and the names and the contents of the records that keys and leases are kept in.
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/fuzz_target.h"
#include "fuzz/random_transport.h"
#include "keyspace/record_names.h"
#include "node/layout_mapper.h"
#include "protocol/etcd/service.h"

namespace discovery::fuzz {
namespace {

namespace pb = protocol::etcd::pb;
using grpc::Code;
using protocol::etcd::EtcdService;

constexpr size_t kMethods = 16;
constexpr size_t kKeepAlive = 15;
constexpr size_t kWatch = 14;
constexpr uint8_t kNarrow = 0x10;   ///< with a token over the applications shop...
constexpr uint8_t kAsleep = 0x20;   ///< the node does not serve
constexpr uint8_t kWaiting = 0x40;  ///< writes wait for other nodes
constexpr std::string_view kSecret = "shop-Hj3+4nTr=wY8,cD6";
const std::string kOfBank = "/microservices/bank/b1";
const std::string kBankValue = R"({"id":"b1","name":"bank","version":"1","endpoints":["grpc://10.0.0.1:1"]})";

class FuzzCall final : public grpc::Call {
 public:
  bool send(std::string_view message) override {
    if (!open()) return false;
    messages.emplace_back(message);
    if (messages.size() % 3 == 0) unsent += message.size();
    return true;
  }
  void finish(const grpc::Status& with) override {
    if (status) return;
    status = with;
    // The server ends no call as its client would, and says no in the words of etcd.
    FUZZ_CHECK(with.code != Code::kCancelled && with.code != Code::kUnknown);
    FUZZ_CHECK(with.code == Code::kOk || with.message.starts_with("etcdserver: ") || with.code == Code::kInternal);
  }
  [[nodiscard]] bool open() const override { return !status; }
  [[nodiscard]] size_t unsent_bytes() const override { return unsent; }
  void tell_when_drained() override { wants_drained = true; }
  [[nodiscard]] const codec::ClientAddress& client() const override { return address; }
  [[nodiscard]] TimePoint deadline() const override { return TimePoint::max(); }

  codec::ClientAddress address{"10.0.0.9", 1, false};
  std::vector<std::string> messages;
  std::optional<grpc::Status> status;
  size_t unsent = 0;
  bool wants_drained = false;
};

class FuzzPort final : public protocol::etcd::NodePort {
 public:
  explicit FuzzPort(uint8_t mode) : mode_(mode) {}
  [[nodiscard]] uint64_t cluster_id() const override { return 7; }
  [[nodiscard]] uint64_t member_id() const override { return 8; }
  [[nodiscard]] std::vector<protocol::etcd::MemberInfo> members() const override {
    return {{8, "one", "http://10.0.0.1:7171", "http://10.0.0.1:2379"}};
  }
  [[nodiscard]] bool serves() const override { return (mode_ & kAsleep) == 0; }
  [[nodiscard]] Duration write_wait() const override { return std::chrono::milliseconds(200); }
  [[nodiscard]] uint64_t write_ticket() override { return (mode_ & kWaiting) != 0 ? 1 : 0; }
  [[nodiscard]] bool audits() const override { return true; }
  void audited(const protocol::etcd::AuditNote& note) override {
    FUZZ_CHECK(!note.user.empty() && !note.client.empty() && !note.method.empty());
    FUZZ_CHECK(note.count == 0 || note.code == grpc::Code::kOk);
  }

 private:
  const uint8_t mode_;
};

std::shared_ptr<const access::TokenTable> narrow_tokens() {
  access::Grant grant{uint8_t{3}, "", {"shop"}};
  static const auto table = std::make_shared<const access::TokenTable>(
      *access::TokenTable::make({{.who = {"shop", {grant}}, .secret = std::string(kSecret), .secret_sha256 = {}}}));
  return table;
}

registry::RegistrySettings small_registry() {
  registry::RegistrySettings settings;
  settings.hash_key = {1, 2};
  settings.cluster_key = {3, 4};
  settings.node_id = 1;
  settings.memory_bytes_max = 1 << 20;
  return settings;
}

struct Fixture {
  explicit Fixture(uint8_t mode)
      : wheel(clock.now()),
        port(mode),
        registry(small_registry()),
        keys({}, registry, mapper, clock.now()),
        service({keys, port, wheel, clock,
                 protocol::etcd::Permissions((mode & kNarrow) != 0 ? narrow_tokens() : nullptr, mapper)}) {
    registry.set_observer(&keys);
    keys.set_listener({.happened = [this] { service.happened(); }, .changed = {}});
    lease = keys.grant(4711, std::chrono::seconds(30), "", clock.now()).id;
    put("a", "10.0.0.1:80", lease);
    put(kOfBank, kBankValue, 0);
    put("/micro/registry/shop/s1", R"({"name":"shop","version":"1","nodes":[{"id":"s1","address":"10.0.0.1:1"}]})",
        lease);
    clock.time += std::chrono::seconds(1);
  }
  void put(std::string_view key, std::string_view value, keyspace::LeaseId with) {
    FUZZ_CHECK(keys.put({.key = key, .value = value, .lease = with}, clock.now()).fault == keyspace::Fault::kNone);
  }
  void pass(Duration d) {
    clock.time += d;
    wheel.wheel.advance(clock.now());
  }

  StillClock clock;
  Wheel wheel;
  const node::LayoutMapper mapper{layouts::Settings{}, "dev", "r"};
  FuzzPort port;
  registry::Registry registry;
  keyspace::Keyspace keys;
  EtcdService service;
  keyspace::LeaseId lease = 0;
};

/// Field 1 of every answer.
void check_header(const std::string& bytes) {
  pb::CompactionResponse answer;
  FUZZ_CHECK(answer.ParseFromString(bytes));
  const pb::ResponseHeader& header = answer.header();
  FUZZ_CHECK(header.cluster_id() == 7 && header.member_id() == 8 && header.revision() > 0 && header.raft_term() == 1);
}

/// One message, or of a stream any number, each behind a byte that tells its length.
void play(Fixture& node, size_t method, std::string_view rest, FuzzCall& call) {
  const std::array<grpc::Metadata, 1> metadata = {{{"token", kSecret}}};
  grpc::CallRequest request;
  request.method = method;
  request.metadata = metadata;
  request.client = &call.address;
  const auto handler = node.service.open(request, call);
  FUZZ_CHECK(handler != nullptr);
  if (method < kWatch) {
    handler->on_message(rest);
    if (call.open()) handler->on_half_close();
    if (call.open()) node.pass(std::chrono::milliseconds(250));
    FUZZ_CHECK(call.status);
    FUZZ_CHECK(call.messages.size() == (call.status->code == Code::kOk ? 1U : 0U));
    return;
  }
  while (!rest.empty() && call.open()) {
    const size_t bytes = std::min<size_t>(static_cast<uint8_t>(rest[0]), rest.size() - 1);
    handler->on_message(rest.substr(1, bytes));
    rest.remove_prefix(1 + bytes);
    if (bytes % 3 == 0) node.keys.put({.key = "a", .value = "10.0.0.2:80"}, node.clock.now());
    if (bytes % 5 == 0) node.pass(std::chrono::milliseconds(120));
    if (bytes % 7 == 0 && call.open()) {
      call.unsent = 0;
      if (std::exchange(call.wants_drained, false)) handler->on_drained();
    }
  }
  if (method == kKeepAlive && call.open()) {
    handler->on_half_close();
    FUZZ_CHECK(call.status && call.status->code == Code::kOk);
  }
}

std::string seed(size_t method, const google::protobuf::MessageLite& message, uint8_t mode = 0) {
  std::string bytes = message.SerializeAsString();
  if (method >= kWatch) bytes.insert(0, 1, static_cast<char>(bytes.size()));
  return static_cast<char>(method | mode) + bytes;
}

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  const auto add = [&](size_t method, const google::protobuf::MessageLite& message) {
    for (const uint8_t mode : {uint8_t{0}, kNarrow, kAsleep, kWaiting}) all.push_back(seed(method, message, mode));
  };
  pb::RangeRequest range;
  range.set_key("/microservices/");
  range.set_range_end("/microservices0");
  range.set_limit(2);
  range.set_sort_order(pb::RangeRequest::DESCEND);
  range.set_sort_target(pb::RangeRequest::MOD);
  range.set_min_mod_revision(1);
  add(0, range);
  pb::PutRequest put;
  put.set_key("/microservices/shop/s2");
  put.set_value(R"({"id":"s2","name":"shop","version":"1","endpoints":["grpc://10.0.0.1:1"]})");
  put.set_lease(4711);
  put.set_prev_kv(true);
  add(1, put);
  pb::DeleteRangeRequest erase;
  erase.set_key("a");
  erase.set_range_end("b");
  erase.set_prev_kv(true);
  add(2, erase);
  pb::TxnRequest txn;
  *txn.add_success()->mutable_request_put() = put;
  *txn.add_success()->mutable_request_range() = range;
  *txn.add_success()->mutable_request_delete_range() = erase;
  add(3, txn);
  txn.add_compare()->set_key("a");
  add(3, txn);
  pb::CompactionRequest compact;
  compact.set_revision(1);
  add(4, compact);
  pb::LeaseGrantRequest grant;
  grant.set_ttl(9'000'000'000);
  grant.set_id(12);
  add(5, grant);
  pb::LeaseRevokeRequest revoke;
  revoke.set_id(4711);
  add(6, revoke);
  pb::LeaseTimeToLiveRequest live;
  live.set_id(4711);
  live.set_keys(true);
  add(7, live);
  for (const size_t method : {size_t{8}, size_t{9}, size_t{10}, size_t{11}, size_t{13}})
    add(method, pb::LeaseLeasesRequest());
  pb::AuthenticateRequest authenticate;
  authenticate.set_name("shop");
  authenticate.set_password(std::string(kSecret));
  add(12, authenticate);
  pb::WatchRequest watch;
  auto& create = *watch.mutable_create_request();
  create.set_key("/microservices/shop/");
  create.set_range_end("/microservices/shop0");
  create.set_start_revision(1);
  create.set_prev_kv(true);
  create.set_progress_notify(true);
  create.add_filters(pb::WatchCreateRequest::NODELETE);
  add(14, watch);
  pb::WatchRequest cancel;
  cancel.mutable_cancel_request()->set_watch_id(0);
  pb::WatchRequest progress;
  progress.mutable_progress_request();
  for (const auto* next : {&progress, &cancel}) all.push_back(seed(14, watch) + seed(14, *next).substr(1));
  pb::LeaseKeepAliveRequest keep;
  keep.set_id(4711);
  add(15, keep);
  all.push_back(seed(15, keep) + seed(15, keep).substr(1));
  return all;
}

}  // namespace

/// Whatever is asked: one status, each answer with its header, and nothing of others is touched without the right.
void fuzz_etcd_request(std::string_view input) {
  if (input.empty()) return;
  const auto mode = static_cast<uint8_t>(input[0]);
  Fixture node(mode);
  FuzzCall call;
  FUZZ_CHECK(node.service.methods().size() == kMethods);
  play(node, mode % kMethods, input.substr(1), call);
  for (const std::string& message : call.messages) check_header(message);
  FUZZ_CHECK(node.service.watches() == 0);
  const auto of_bank = node.keys.range({kOfBank, ""}, 0).kvs;
  if ((mode & (kNarrow | kAsleep)) != 0) {
    FUZZ_CHECK(of_bank.size() == 1 && of_bank[0]->value == kBankValue && of_bank[0]->version == 1);
  }
  // Time goes on, and leases end: the key space takes whatever it holds now.
  node.pass(std::chrono::seconds(40));
  node.keys.expire(TimePoint::max(), node.clock.now());
  node.keys.audit(node.clock.now());
  FUZZ_CHECK(node.keys.range({std::string(1, '\0'), std::string(1, '\0')}, 0).count == node.keys.numbers().keys);
}

/// A name of a record is of one key, and a key has one name; what is kept comes back.
void fuzz_key_record(std::string_view input) {
  using keyspace::decode_kept;
  if (const auto kept = decode_kept(input)) {
    const std::string bytes = encode_kept(*kept);
    const auto again = decode_kept(bytes);
    FUZZ_CHECK(again && again->kind == kept->kind && again->lease == kept->lease && again->key == kept->key &&
               again->value == kept->value && again->layout == kept->layout && again->zone == kept->zone &&
               again->others == kept->others);
    FUZZ_CHECK(kept->lease >= 0 && keyspace::facts_of(kept->lease).length <= keyspace::kLeaseMax);
  }
  if (keyspace::is_storable_key(input)) {
    const keyspace::RecordName name = keyspace::record_of_key(input);
    FUZZ_CHECK(name.hostname.size() <= 1024 && keyspace::key_of_record(name.appid, name.hostname) == input);
  }
  const size_t cut = std::min(input.find('|'), input.size());
  const std::string_view appid = input.substr(0, cut);
  const std::string_view hostname = input.substr(std::min(cut + 1, input.size()));
  if (const auto key = keyspace::key_of_record(appid, hostname)) {
    const keyspace::RecordName name = keyspace::record_of_key(*key);
    FUZZ_CHECK(name.appid == appid && name.hostname == hostname);
  }
  if (const auto lease = keyspace::lease_of_record(appid, hostname)) {
    const keyspace::RecordName name = keyspace::record_of_lease(*lease);
    FUZZ_CHECK(*lease > 0 && name.appid == appid && name.hostname == hostname);
  }
}

namespace {
std::vector<std::string> record_seeds() {
  using keyspace::Kept;
  std::vector<std::string> all;
  for (const std::string_view key : {"a", "/micro/registry/a b/%41"}) {
    const keyspace::RecordName name = keyspace::record_of_key(key);
    all.emplace_back(key);
    all.push_back(name.appid + "|" + name.hostname);
  }
  const keyspace::RecordName lease = keyspace::record_of_lease(0x1234567890abcdef);
  all.push_back(lease.appid + "|" + lease.hostname);
  all.push_back(keyspace::encode_kept({Kept::Kind::kLease, 4711, {}, {}, {}, {}}));
  all.push_back(keyspace::encode_kept({Kept::Kind::kKey, 4711, {}, "value", {}, "zone"}));
  all.push_back(keyspace::encode_kept({Kept::Kind::kMapped, 4711, "key", {}, "kratos", "zone"}));
  return all;
}

const RegisteredTarget kEtcdRequest({
    .name = "etcd_request",
    .run = fuzz_etcd_request,
    .seeds = seeds(),
    .tokens = {kOfBank, "/micro/registry/bank/b1", "/microservices/shop/", R"("name":"bank")", R"("name":"shop")",
               "shop", "nmid/w", R"({"shop":["10.0.0.1:80"]})", "10.0.0.1:80", std::string(1, '\0'), "\xe7\x24",
               std::string("\x0a\x01\0\x12\x01\0", 6)},
});
const RegisteredTarget kKeyRecord({
    .name = "key_record",
    .run = fuzz_key_record,
    .seeds = record_seeds(),
    .tokens = {"keys-", "leases|", "%2f", "%41", "%", "|"},
});
}  // namespace

}  // namespace discovery::fuzz
