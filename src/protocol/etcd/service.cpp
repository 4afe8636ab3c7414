#include "protocol/etcd/service.h"

#include <array>
#include <utility>

#include "protocol/etcd/methods.h"

namespace discovery::protocol::etcd {

namespace {

using Kind = grpc::Method::Kind;

constexpr std::array kMethods = {
    grpc::Method{"/etcdserverpb.KV/Range", Kind::kUnary},
    grpc::Method{"/etcdserverpb.KV/Put", Kind::kUnary},
    grpc::Method{"/etcdserverpb.KV/DeleteRange", Kind::kUnary},
    grpc::Method{"/etcdserverpb.KV/Txn", Kind::kUnary},
    grpc::Method{"/etcdserverpb.KV/Compact", Kind::kUnary},
    grpc::Method{"/etcdserverpb.Lease/LeaseGrant", Kind::kUnary},
    grpc::Method{"/etcdserverpb.Lease/LeaseRevoke", Kind::kUnary},
    grpc::Method{"/etcdserverpb.Lease/LeaseTimeToLive", Kind::kUnary},
    grpc::Method{"/etcdserverpb.Lease/LeaseLeases", Kind::kUnary},
    grpc::Method{"/etcdserverpb.Cluster/MemberList", Kind::kUnary},
    grpc::Method{"/etcdserverpb.Maintenance/Status", Kind::kUnary},
    grpc::Method{"/etcdserverpb.Maintenance/Alarm", Kind::kUnary},
    grpc::Method{"/etcdserverpb.Auth/Authenticate", Kind::kUnary},
    grpc::Method{"/etcdserverpb.Auth/AuthStatus", Kind::kUnary},
    grpc::Method{"/etcdserverpb.Watch/Watch", Kind::kBidirectional},
    grpc::Method{"/etcdserverpb.Lease/LeaseKeepAlive", Kind::kBidirectional},
};
/// In the order of kMethods, as far as they are unary.
constexpr std::array<UnaryMethod, 14> kUnary = {
    range,        put,         delete_range, txn,   compact,      lease_grant, lease_revoke, lease_time_to_live,
    lease_leases, member_list, status,       alarm, authenticate, auth_status};
static_assert(kMethods[kWatchMethod].path.ends_with("/Watch") &&
              kMethods[kKeepAliveMethod].path.ends_with("KeepAlive") && kUnary.size() == kWatchMethod);
/// Answered while the node does not serve yet, too: they say nothing of keys.
constexpr size_t kFirstOfNode = 9;

/// For who asks, and not for what.
bool is_refusal(const Status& status) {
  return status.code == Code::kPermissionDenied || status.code == Code::kUnauthenticated ||
         status.message == wrong_password().message;
}

class UnaryCall final : public grpc::CallHandler, private WriteWaits::Waiting {
 public:
  UnaryCall(EtcdService& service, grpc::Call& call, Permissions::Caller caller, size_t method)
      : service_(service), call_(call), caller_(std::move(caller)), method_(method) {}

  void on_message(std::string_view bytes) override {
    if (method_ < kFirstOfNode && !service_.node().serves()) return call_.finish(not_now());
    if (bytes.size() > kRequestBytesMax) return call_.finish(too_large());
    AskedWrites writes;
    UnaryAnswer answer = kUnary[method_]({service_, caller_, call_.client().ip, writes}, bytes);
    if (service_.node().audits()) audit(answer.status, writes);
    if (answer.status.code != Code::kOk) return call_.finish(answer.status);
    answer_ = std::move(answer.message);
    const Duration wait = answer.written ? service_.node().write_wait() : Duration::zero();
    const uint64_t ticket = wait > Duration::zero() ? service_.node().write_ticket() : 0;
    if (ticket == 0) return written();
    waiting_ = true;
    service_.waits().wait(*this, ticket, service_.deadlines(), service_.now() + wait);
  }
  void on_half_close() override {}
  [[nodiscard]] bool answers_soon() const override { return waiting_; }

 private:
  void audit(const Status& status, const AskedWrites& writes) {
    const std::string_view user = service_.permissions().user_of(caller_);
    AuditNote note{user, call_.client().ip, kMethods[method_].path, {}, {}, status.code};
    if (writes.all().empty() && is_refusal(status)) service_.node().audited(note);
    for (const AskedWrites::One& one : writes.all()) {
      note.key = one.key;
      note.range_end = one.range_end;
      note.count = one.count;
      note.before = one.before;
      note.after = one.after;
      service_.node().audited(note);
    }
  }
  void written() override {
    waiting_ = false;
    call_.send(answer_);
    call_.finish(ok());
  }

  EtcdService& service_;
  grpc::Call& call_;
  const Permissions::Caller caller_;
  const size_t method_;
  bool waiting_ = false;
  std::string answer_;
};

}  // namespace

UnaryAnswer UnaryAnswer::of(const google::protobuf::MessageLite& message, bool written) {
  UnaryAnswer answer;
  message.SerializeToString(&answer.message);
  answer.written = written;
  return answer;
}

/// Told when the hold of an event is over.
class EtcdService::Release final : public TimerEntry {
 public:
  explicit Release(EtcdService& service) : service_(service) {}

 private:
  void on_deadline(TimePoint /*now*/) override { service_.tell(); }
  EtcdService& service_;
};

EtcdService::EtcdService(ServiceParts parts)
    : parts_(std::move(parts)), hub_(parts_.keys), release_(std::make_unique<Release>(*this)) {}
EtcdService::~EtcdService() = default;

void EtcdService::happened() {
  if (const auto next = hub_.next()) parts_.deadlines.schedule(*release_, *next);
}

void EtcdService::tell() {
  hub_.flush(now());
  happened();
}

void EtcdService::update_access(std::shared_ptr<const access::TokenTable> tokens) {
  parts_.permissions.update(std::move(tokens));
  guarded_.for_each([](Guarded& stream) { stream.access_changed(); });
}

void EtcdService::audit_refusal(const Audited& call, const Status& status, std::string_view key) {
  if (!parts_.node.audits()) return;
  const std::string_view user = parts_.permissions.user_of(call.caller);
  parts_.node.audited({user, call.client, kMethods[call.method].path, key, {}, status.code});
}

std::span<const grpc::Method> EtcdService::methods() const { return kMethods; }

std::unique_ptr<grpc::CallHandler> EtcdService::open(const grpc::CallRequest& request, grpc::Call& call) {
  const Permissions::Caller caller = Permissions::identify(request);
  if (request.method < kUnary.size()) return std::make_unique<UnaryCall>(*this, call, caller, request.method);
  return request.method == kWatchMethod ? watch_stream(*this, call, caller) : keep_alive_stream(*this, call, caller);
}

grpc::Status EtcdService::unknown_method(std::string_view path) const { return refused(std::string(path)); }
grpc::Status EtcdService::message_too_large(size_t /*bytes*/) const { return too_large(); }
grpc::Status EtcdService::stopping() const { return stopped(); }
grpc::Status EtcdService::slow_reader() const { return not_now(); }
grpc::Status EtcdService::overloaded() const { return not_now(); }

bool EtcdService::answer_get(std::string_view path, codec::HttpReply& reply) {
  return answer_plain_get(path, parts_.node.serves(), reply);
}

bool answer_plain_get(std::string_view path, bool serves, codec::HttpReply& reply) {
  const std::string_view name = path.substr(0, path.find('?'));
  if (name == "/health") {
    reply.content_type = "application/json";
    if (!serves) reply.status = 503;
    reply.append(serves ? R"({"health":"true","reason":""})" : R"({"health":"false","reason":"NOT SYNCED"})");
    return true;
  }
  if (name == "/version") {
    reply.content_type = "application/json";
    reply.append(R"({"etcdserver":")" + std::string(kVersion) + R"(","etcdcluster":"3.5.0"})");
    return true;
  }
  return false;
}

}  // namespace discovery::protocol::etcd
