#include "protocol/etcd/messages.h"

#include <google/protobuf/io/coded_stream.h>

namespace discovery::protocol::etcd {

namespace {
constexpr int kDepthMax = 32;  // security.md 1, the row of gRPC
}  // namespace

void fill(pb::KeyValue& to, const keyspace::KeyValue& from, bool with_value) {
  to.set_key(from.key);
  to.set_create_revision(from.create_revision);
  to.set_mod_revision(from.mod_revision);
  to.set_version(from.version);
  to.set_lease(from.lease);
  if (with_value) to.set_value(from.value);
}

void fill(pb::Event& to, const keyspace::Event& from, bool with_before) {
  if (from.type == keyspace::EventType::kDelete) to.set_type(pb::Event::DELETE);
  fill(*to.mutable_kv(), *from.kv);
  if (with_before && from.before) fill(*to.mutable_prev_kv(), *from.before);
}

bool parse(google::protobuf::MessageLite& message, std::string_view bytes) {
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()),
                                            static_cast<int>(bytes.size()));
  in.SetRecursionLimit(kDepthMax);
  return message.ParseFromCodedStream(&in) && in.ConsumedEntireMessage();
}

void send(grpc::Call& call, const google::protobuf::MessageLite& message) {
  std::string bytes;
  message.SerializeToString(&bytes);
  call.send(bytes);
}

}  // namespace discovery::protocol::etcd
