// The front end for clients of etcd: its methods, over the key space (etcd-api.md 4, 5 and 7).
//
//   Call --message--> parse --may?--> Keyspace --> answer, a write when every node that can be reached has it (R4)
//   Watch stream --create--> WatchHub --> an event each, when its hold is over
//
// Every write that is asked for, and every refusal for who asks, is told to the audit; grants and renewals are not.
// What is refused: compares, history by revision, and what changes the cluster (errors.h). Reads are answered from what
// is here, "linearizable" or not. A transaction is its operations one after the other.
// Lifecycle: one per reactor; the key space, the node and the reactor outlive it. Thread: its reactor's, but flush()
// and everywhere() are posted to it by others. Limits: kRequestBytesMax a request, kOperationsMax a transaction,
// grpc::Limits. Errors: a status of etcd's, byte for byte.
#pragma once

#include <functional>
#include <memory>

#include "base/timer_wheel.h"
#include "grpc/service.h"
#include "keyspace/keyspace.h"
#include "keyspace/watch_hub.h"
#include "protocol/etcd/messages.h"
#include "protocol/etcd/node_port.h"
#include "protocol/etcd/permissions.h"
#include "protocol/etcd/write_waits.h"

namespace discovery::protocol::etcd {

inline constexpr size_t kRequestBytesMax = size_t{1536} * 1024;
inline constexpr int kOperationsMax = 128;
/// Of keys and values that the ranges of one transaction show together.
inline constexpr size_t kTxnAnswerBytesMax = size_t{32} * 1024 * 1024;
inline constexpr int64_t kLeaseSecondsMax = 9'000'000'000;
/// What clients look for: go-zero refuses less than 3.4.
inline constexpr std::string_view kVersion = "3.5.21";

/// What etcd answers to a GET on its port: /health, /version. False: nothing of that name.
bool answer_plain_get(std::string_view path, bool serves, codec::HttpReply& reply);

struct ServiceParts {
  keyspace::Keyspace& keys;
  NodePort& node;
  Deadlines& deadlines;
  const Clock& clock;
  Permissions permissions;
};

class EtcdService final : public grpc::Service {
 public:
  explicit EtcdService(ServiceParts parts);
  ~EtcdService() override;

  [[nodiscard]] std::span<const grpc::Method> methods() const override;
  std::unique_ptr<grpc::CallHandler> open(const grpc::CallRequest& request, grpc::Call& call) override;
  [[nodiscard]] grpc::Status unknown_method(std::string_view path) const override;
  [[nodiscard]] grpc::Status message_too_large(size_t bytes) const override;
  [[nodiscard]] grpc::Status stopping() const override;
  [[nodiscard]] grpc::Status slow_reader() const override;
  [[nodiscard]] grpc::Status overloaded() const override;
  bool answer_get(std::string_view path, codec::HttpReply& reply) override;

  /// Something happened to a key.
  void happened();
  void everywhere(uint64_t ticket) { waits_.everywhere(ticket); }
  /// Streams ask anew what they may; one with a watch that it may not have any more ends.
  void update_access(std::shared_ptr<const access::TokenTable> tokens);
  [[nodiscard]] size_t watches() const { return hub_.size(); }
  [[nodiscard]] std::shared_ptr<const keyspace::WatchCounts> watch_counts() const { return hub_.counts(); }

  // For the calls.
  [[nodiscard]] keyspace::Keyspace& keys() { return parts_.keys; }
  [[nodiscard]] NodePort& node() { return parts_.node; }
  [[nodiscard]] const Permissions& permissions() const { return parts_.permissions; }
  [[nodiscard]] keyspace::WatchHub& hub() { return hub_; }
  [[nodiscard]] WriteWaits& waits() { return waits_; }
  /// Of a stream that hears of updates of the access.
  class Guarded : public ListNode<> {
   public:
    virtual void access_changed() = 0;

   protected:
    ~Guarded() = default;
  };
  void guard(Guarded& stream) { guarded_.push_back(stream); }
  /// What the audit is told of: a call, and who makes it.
  struct Audited {
    const Permissions::Caller& caller;
    std::string_view client;
    size_t method;
  };
  /// A watch, or renewals, that were refused for who asks.
  void audit_refusal(const Audited& call, const Status& status, std::string_view key);
  [[nodiscard]] Deadlines& deadlines() { return parts_.deadlines; }
  [[nodiscard]] TimePoint now() const { return parts_.clock.now(); }
  [[nodiscard]] HeaderIds ids() const { return {parts_.node.cluster_id(), parts_.node.member_id()}; }

 private:
  class Release;
  void tell();

  ServiceParts parts_;
  keyspace::WatchHub hub_;
  WriteWaits waits_;
  IntrusiveList<Guarded> guarded_;
  std::unique_ptr<Release> release_;  ///< when the hold of the next event is over
};

}  // namespace discovery::protocol::etcd
