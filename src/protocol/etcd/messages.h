// Between the messages of etcd and what the key space holds. Pure functions.
#pragma once

#include <google/protobuf/message_lite.h>

#include <string>

#include "grpc/call.h"
#include "keyspace/key_value.h"
#include "protocol/etcd/etcd_registry.pb.h"

namespace discovery::protocol::etcd {

namespace pb = etcdserverpb;

/// Who answers; the revision is added.
struct HeaderIds {
  uint64_t cluster = 1;
  uint64_t member = 1;
};

inline void fill_header(pb::ResponseHeader& header, const HeaderIds& ids, keyspace::Revision revision) {
  header.set_cluster_id(ids.cluster);
  header.set_member_id(ids.member);
  header.set_revision(revision);
  header.set_raft_term(1);
}

void fill(pb::KeyValue& to, const keyspace::KeyValue& from, bool with_value = true);
/// `with_before`: the state before is told where there was one.
void fill(pb::Event& to, const keyspace::Event& from, bool with_before);

/// Of a request over a range.
template <class Request>
[[nodiscard]] KeyRange range_of(const Request& request) {
  return {request.key(), request.range_end()};
}

/// False: it is not one, or deeper than clients need.
[[nodiscard]] bool parse(google::protobuf::MessageLite& message, std::string_view bytes);
void send(grpc::Call& call, const google::protobuf::MessageLite& message);

}  // namespace discovery::protocol::etcd
