// The methods by name, and who answers each. Internal to this folder.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "protocol/etcd/service.h"

namespace discovery::protocol::etcd {

/// The writes of one call for the audit: asked for all at once, then done one after the other, if they are.
class AskedWrites {
 public:
  struct One {
    std::string key;
    std::string range_end;
    size_t count = 0;
    keyspace::Revision before = 0;
    keyspace::Revision after = 0;
  };
  void ask(std::string key, std::string range_end = {}) { all_.push_back({std::move(key), std::move(range_end)}); }
  /// Of the next that was asked for.
  void done(size_t count, keyspace::Revision before, keyspace::Revision after) {
    One& one = all_[done_++];
    one.count = count;
    one.before = before;
    one.after = after;
  }
  [[nodiscard]] const std::vector<One>& all() const { return all_; }

 private:
  std::vector<One> all_;
  size_t done_ = 0;
};

/// What a call of one message knows besides it.
struct UnaryContext {
  EtcdService& service;
  const Permissions::Caller& caller;
  std::string_view client;  ///< its address
  AskedWrites& writes;
};

/// What becomes of a request of one message.
struct UnaryAnswer {
  Status status;
  std::string message;   ///< where the status is ok
  bool written = false;  ///< waits for the other nodes (R4)

  static UnaryAnswer of(const google::protobuf::MessageLite& message, bool written = false);
  static UnaryAnswer of(Status status) { return {std::move(status), {}, false}; }
};
using UnaryMethod = UnaryAnswer (*)(const UnaryContext& context, std::string_view bytes);

// kv_methods.cpp
UnaryAnswer range(const UnaryContext& context, std::string_view bytes);
UnaryAnswer put(const UnaryContext& context, std::string_view bytes);
UnaryAnswer delete_range(const UnaryContext& context, std::string_view bytes);
UnaryAnswer txn(const UnaryContext& context, std::string_view bytes);
UnaryAnswer compact(const UnaryContext& context, std::string_view bytes);
// lease_methods.cpp
UnaryAnswer lease_grant(const UnaryContext& context, std::string_view bytes);
UnaryAnswer lease_revoke(const UnaryContext& context, std::string_view bytes);
UnaryAnswer lease_time_to_live(const UnaryContext& context, std::string_view bytes);
UnaryAnswer lease_leases(const UnaryContext& context, std::string_view bytes);
// node_methods.cpp
UnaryAnswer member_list(const UnaryContext& context, std::string_view bytes);
UnaryAnswer status(const UnaryContext& context, std::string_view bytes);
UnaryAnswer alarm(const UnaryContext& context, std::string_view bytes);
UnaryAnswer authenticate(const UnaryContext& context, std::string_view bytes);
UnaryAnswer auth_status(const UnaryContext& context, std::string_view bytes);

// streams, and their places among the methods
inline constexpr size_t kWatchMethod = 14;
inline constexpr size_t kKeepAliveMethod = 15;
std::unique_ptr<grpc::CallHandler> watch_stream(EtcdService& service, grpc::Call& call, Permissions::Caller caller);
std::unique_ptr<grpc::CallHandler> keep_alive_stream(EtcdService& service, grpc::Call& call,
                                                     Permissions::Caller caller);

}  // namespace discovery::protocol::etcd
