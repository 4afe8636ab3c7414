// The front end for clients of etcd over a real key space and registry, with a call that writes down what it is told,
// and a node that does what the test says.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/etcd/service.h"
#include "unit/keyspace/keyspace_testing.h"

namespace discovery::protocol::etcd {

using keyspace::kStart;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr uint64_t kCluster = 77;
inline constexpr uint64_t kMember = 88;

/// As numbers and words: "3 etcdserver: key is not provided"; "0 ".
inline std::string text_of(const Status& status) {
  return std::to_string(static_cast<int>(status.code)) + " " + status.message;
}

class FakeCall final : public grpc::Call {
 public:
  FakeCall() { address.ip = "10.0.0.9"; }
  bool send(std::string_view message) override {
    if (!open()) return false;
    messages.emplace_back(message);
    if (holds_back) unsent += message.size();
    return true;
  }
  void finish(const Status& with) override {
    if (!status) status = with;
  }
  [[nodiscard]] bool open() const override { return !status; }
  [[nodiscard]] size_t unsent_bytes() const override { return unsent; }
  void tell_when_drained() override { wants_drained = true; }
  [[nodiscard]] const codec::ClientAddress& client() const override { return address; }
  [[nodiscard]] TimePoint deadline() const override { return TimePoint::max(); }

  codec::ClientAddress address;
  std::vector<std::string> messages;
  std::optional<Status> status;
  bool holds_back = false;  ///< the client takes nothing
  size_t unsent = 0;
  bool wants_drained = false;
};

class FakePort final : public NodePort {
 public:
  [[nodiscard]] uint64_t cluster_id() const override { return kCluster; }
  [[nodiscard]] uint64_t member_id() const override { return kMember; }
  [[nodiscard]] std::vector<MemberInfo> members() const override {
    return {{kMember, "one", "http://10.0.0.1:7171", "http://10.0.0.1:2379"},
            {89, "two", "http://10.0.0.2:7171", "http://10.0.0.2:2379"}};
  }
  [[nodiscard]] bool serves() const override { return serving; }
  [[nodiscard]] bool audits() const override { return true; }
  void audited(const AuditNote& note) override {
    std::string line = std::string(note.user) + " " + std::string(note.client) + " " +
                       std::string(note.method.substr(note.method.find('/', 1) + 1)) + " " + std::string(note.key);
    if (!note.range_end.empty()) line += ".." + std::string(note.range_end);
    line += " code " + std::to_string(static_cast<int>(note.code));
    if (note.count > 0) line += " count " + std::to_string(note.count);
    EXPECT_LT(note.before, note.count > 0 ? note.after : 1);
    lines.push_back(line);
  }
  [[nodiscard]] Duration write_wait() const override { return wait; }
  [[nodiscard]] uint64_t write_ticket() override {
    ++tickets_asked;
    return ticket;
  }
  std::vector<std::string> lines;  ///< of the audit
  bool serving = true;
  Duration wait{};
  uint64_t ticket = 0;
  int tickets_asked = 0;
};

/// `svc/<app>/<host>` as in the tests of the key space, but for a value "as:<app>", which names another application;
/// and `worker/<host>`, where the value is the application.
class FakeMapper final : public keyspace::KeyMapper {
 public:
  [[nodiscard]] std::vector<keyspace::MappedInstance> instances_of(std::string_view key,
                                                                   std::string_view value) const override {
    if (key.starts_with("worker/") && !value.empty()) {
      keyspace::MappedInstance one;
      one.env = "dev";
      one.appid = value;
      one.hostname = key.substr(7);
      one.addrs_json = "[]";
      one.metadata_json = "{}";
      one.layout = "worker";
      return {one};
    }
    auto all = svc.instances_of(key, value);
    if (!all.empty() && value.starts_with("as:")) all[0].appid = value.substr(3);
    return all;
  }
  [[nodiscard]] std::vector<keyspace::ShownKey> keys_of(registry::AppKeyView app, const registry::Instance& instance,
                                                        uint32_t status, std::string_view own) const override {
    return own == "worker" ? std::vector<keyspace::ShownKey>() : svc.keys_of(app, instance, status, own);
  }
  [[nodiscard]] std::string gone_value(std::string_view key) const override { return svc.gone_value(key); }
  [[nodiscard]] std::optional<registry::AppKey> app_of(const KeyRange& range) const override {
    return svc.app_of(range);
  }
  keyspace::TestMapper svc;
};

struct FakeClock final : Clock {
  [[nodiscard]] TimePoint now() const override { return time; }
  TimePoint time = kStart;
};

struct FakeDeadlines final : Deadlines {
  void schedule(TimerEntry& entry, TimePoint deadline) override { wheel.schedule(entry, deadline); }
  TimerWheel wheel{kStart};
};

template <class Answer>
struct Asked {
  Status status{Code::kUnknown, "no answer yet"};
  Answer answer;
};

inline void expect_header(const pb::ResponseHeader& header) {
  EXPECT_EQ(header.cluster_id(), kCluster);
  EXPECT_EQ(header.member_id(), kMember);
  EXPECT_GT(header.revision(), 0);
  EXPECT_EQ(header.raft_term(), 1U);
}

/// Metadata of a call.
using Fields = std::vector<std::pair<std::string, std::string>>;

struct EtcdNode;

/// A call from its begin to its end.
struct Running {
  Running(EtcdNode& node, std::string_view method, const Fields& fields = {});
  ~Running() = default;
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  template <class Message>
  void say(const Message& message) {
    handler->on_message(message.SerializeAsString());
  }
  /// What came since the last time. Each has a header.
  template <class Answer>
  std::vector<Answer> take() {
    std::vector<Answer> all;
    for (const std::string& bytes : std::exchange(call.messages, {})) {
      EXPECT_TRUE(all.emplace_back().ParseFromString(bytes));
      expect_header(all.back().header());
    }
    return all;
  }
  /// The client has read all there was.
  void drain() {
    call.unsent = 0;
    if (std::exchange(call.wants_drained, false)) handler->on_drained();
  }
  [[nodiscard]] std::string status() const { return call.status ? text_of(*call.status) : "open"; }

  FakeCall call;
  std::unique_ptr<grpc::CallHandler> handler;
};

struct EtcdNode {
  explicit EtcdNode(std::shared_ptr<const access::TokenTable> tokens = nullptr,
                    const keyspace::KeyspaceSettings& settings = keyspace::keyspace_settings(1))
      : registry(keyspace::registry_settings(1)),
        keys(settings, registry, mapper, kStart),
        service({keys, port, deadlines, clock, Permissions(std::move(tokens), mapper)}) {
    registry.set_observer(&keys);
    keys.set_listener({.happened = [this] { service.happened(); }, .changed = {}});
  }

  [[nodiscard]] size_t index_of(std::string_view method) const {
    const auto methods = service.methods();
    const auto at = std::ranges::find_if(methods, [&](const grpc::Method& m) { return m.path.ends_with(method); });
    EXPECT_NE(at, methods.end()) << method;
    return static_cast<size_t>(at - methods.begin());
  }
  /// A call of one message, to its end.
  template <class Answer, class Request>
  Asked<Answer> ask(std::string_view method, const Request& request, const Fields& fields = {}) {
    return ask_bytes<Answer>(method, request.SerializeAsString(), fields);
  }
  template <class Answer>
  Asked<Answer> ask_bytes(std::string_view method, const std::string& bytes, const Fields& fields = {}) {
    Running run(*this, method, fields);
    run.handler->on_message(bytes);
    run.handler->on_half_close();
    Asked<Answer> asked;
    EXPECT_TRUE(run.call.status) << method;
    asked.status = run.call.status.value_or(asked.status);
    if (asked.status.code == Code::kOk) {
      auto answers = run.take<Answer>();
      EXPECT_EQ(answers.size(), 1U);
      if (!answers.empty()) asked.answer = answers.front();
    } else {
      EXPECT_TRUE(run.call.messages.empty()) << "an answer before a refusal";
    }
    return asked;
  }

  Asked<pb::PutResponse> put(const std::string& key, const std::string& value, int64_t lease = 0,
                             const Fields& fields = {}) {
    pb::PutRequest request;
    request.set_key(key);
    request.set_value(value);
    request.set_lease(lease);
    return ask<pb::PutResponse>("KV/Put", request, fields);
  }
  Asked<pb::RangeResponse> range(const std::string& key, const std::string& end = "", const Fields& fields = {}) {
    pb::RangeRequest request;
    request.set_key(key);
    request.set_range_end(end);
    return ask<pb::RangeResponse>("KV/Range", request, fields);
  }
  std::string get(const std::string& key) {
    const auto found = range(key);
    return found.answer.kvs_size() == 1 ? found.answer.kvs(0).value() : "-";
  }
  Asked<pb::DeleteRangeResponse> erase(const std::string& key, const std::string& end = "", const Fields& fields = {}) {
    pb::DeleteRangeRequest request;
    request.set_key(key);
    request.set_range_end(end);
    return ask<pb::DeleteRangeResponse>("KV/DeleteRange", request, fields);
  }
  int64_t grant(int64_t ttl) {
    pb::LeaseGrantRequest request;
    request.set_ttl(ttl);
    return ask<pb::LeaseGrantResponse>("Lease/LeaseGrant", request).answer.id();
  }
  void pass(Duration d) {
    for (const TimePoint end = clock.time + d; clock.time < end;) {
      clock.time += std::min<Duration>(milliseconds(20), end - clock.time);
      deadlines.wheel.advance(clock.time);
    }
  }
  /// At once: for what is minutes away.
  void jump(Duration d) {
    clock.time += d;
    deadlines.wheel.advance(clock.time);
  }

  FakeMapper mapper;
  FakeClock clock;
  FakeDeadlines deadlines;
  FakePort port;
  registry::Registry registry;
  keyspace::Keyspace keys;
  EtcdService service;
};

inline Running::Running(EtcdNode& node, std::string_view method, const Fields& fields) {
  std::vector<grpc::Metadata> metadata;
  for (const auto& [name, value] : fields) metadata.push_back({name, value});
  grpc::CallRequest request;
  request.method = node.index_of(method);
  request.metadata = metadata;
  request.client = &call.address;
  handler = node.service.open(request, call);
  EXPECT_NE(handler, nullptr);
}

inline std::string keys_of(const pb::RangeResponse& answer) {
  std::string all;
  for (const pb::KeyValue& kv : answer.kvs()) all += kv.key() + " ";
  return all;
}

}  // namespace discovery::protocol::etcd
