// How etcd says no: code and text, which clients map to constants, byte for byte.
//
// Thread: pure functions. Source: etcd-api.md 3.2 and 7 (etcd-io/etcd api/v3rpc/rpctypes/error.go).
#pragma once

#include <string>

#include "grpc/status.h"
#include "keyspace/keyspace.h"

namespace discovery::protocol::etcd {

using grpc::Code;
using grpc::Status;

inline Status ok() { return {}; }
inline Status empty_key() { return {Code::kInvalidArgument, "etcdserver: key is not provided"}; }
inline Status no_lease() { return {Code::kNotFound, "etcdserver: requested lease not found"}; }
inline Status lease_exists() { return {Code::kFailedPrecondition, "etcdserver: lease already exists"}; }
inline Status lease_too_long() { return {Code::kOutOfRange, "etcdserver: too large lease TTL"}; }
inline Status future_revision() {
  return {Code::kOutOfRange, "etcdserver: mvcc: required revision is a future revision"};
}
inline Status compacted() { return {Code::kOutOfRange, "etcdserver: mvcc: required revision has been compacted"}; }
inline Status duplicate_key() { return {Code::kInvalidArgument, "etcdserver: duplicate key given in txn request"}; }
inline Status too_many_operations() {
  return {Code::kInvalidArgument, "etcdserver: too many operations in txn request"};
}
inline Status value_provided() { return {Code::kInvalidArgument, "etcdserver: value is provided"}; }
inline Status lease_provided() { return {Code::kInvalidArgument, "etcdserver: lease is provided"}; }
inline Status no_key() { return {Code::kInvalidArgument, "etcdserver: key not found"}; }
inline Status too_large() { return {Code::kInvalidArgument, "etcdserver: request is too large"}; }
inline Status auth_is_off() { return {Code::kFailedPrecondition, "etcdserver: authentication is not enabled"}; }
inline Status wrong_password() {
  return {Code::kInvalidArgument, "etcdserver: authentication failed, invalid user ID or password"};
}
inline Status bad_token() { return {Code::kUnauthenticated, "etcdserver: invalid auth token"}; }
inline Status no_user() { return {Code::kInvalidArgument, "etcdserver: user name is empty"}; }
inline Status forbidden() { return {Code::kPermissionDenied, "etcdserver: permission denied"}; }
inline Status stopped() { return {Code::kUnavailable, "etcdserver: server stopped"}; }
inline Status not_now() { return {Code::kUnavailable, "etcdserver: request timed out"}; }
inline Status no_space() { return {Code::kResourceExhausted, "etcdserver: mvcc: database space exceeded"}; }
inline Status compare_refused() {
  return {Code::kUnimplemented, "etcdserver: compare is not offered by this registry"};
}
inline Status refused(const std::string& what) {
  return {Code::kUnimplemented, "etcdserver: " + what + " is not offered by this registry"};
}

/// Of a write that was not done.
inline Status status_of(keyspace::Fault fault) {
  using keyspace::Fault;
  switch (fault) {
    case Fault::kNone:
      return ok();
    case Fault::kKeyTooLong:
      return too_large();
    case Fault::kNoLease:
      return no_lease();
    case Fault::kLeaseExists:
      return lease_exists();
    case Fault::kNoKey:
      return no_key();
    case Fault::kFull:
      return no_space();
  }
  return not_now();
}

}  // namespace discovery::protocol::etcd
