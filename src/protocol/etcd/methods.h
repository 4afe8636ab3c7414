// The methods by name, and who answers each. Internal to this folder.
#pragma once

#include <memory>
#include <string>

#include "protocol/etcd/service.h"

namespace discovery::protocol::etcd {

/// What a call of one message knows besides it.
struct UnaryContext {
  EtcdService& service;
  const Permissions::Caller& caller;
  std::string_view client;  ///< its address
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

// streams
std::unique_ptr<grpc::CallHandler> watch_stream(EtcdService& service, grpc::Call& call, Permissions::Caller caller);
std::unique_ptr<grpc::CallHandler> keep_alive_stream(EtcdService& service, grpc::Call& call,
                                                     Permissions::Caller caller);

}  // namespace discovery::protocol::etcd
