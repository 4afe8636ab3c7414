// LeaseKeepAlive: one answer per request, in order; a lease that is over has a length of 0, and the stream stays.
#include <utility>

#include "protocol/etcd/methods.h"

namespace discovery::protocol::etcd {

namespace {

class KeepAliveStream final : public grpc::CallHandler {
 public:
  KeepAliveStream(EtcdService& service, grpc::Call& call, Permissions::Caller caller)
      : service_(service), call_(call), caller_(std::move(caller)) {}

  void on_message(std::string_view bytes) override {
    pb::LeaseKeepAliveRequest request;
    if (!parse(request, bytes)) return call_.finish({Code::kInternal, "malformed message"});
    if (!service_.node().serves()) return call_.finish(not_now());
    if (Status may = service_.permissions().may_any(caller_, access::Right::kWrite); may.code != Code::kOk) {
      service_.audit_refusal({caller_, call_.client().ip, kKeepAliveMethod}, may, {});
      return call_.finish(may);
    }
    const auto length = service_.keys().keep_alive(request.id(), call_.client().ip, service_.now());
    pb::LeaseKeepAliveResponse answer;
    fill_header(*answer.mutable_header(), service_.ids(), service_.keys().revision());
    answer.set_id(request.id());
    answer.set_ttl(length ? length->count() : 0);
    send(call_, answer);
  }
  void on_half_close() override { call_.finish(ok()); }

 private:
  EtcdService& service_;
  grpc::Call& call_;
  Permissions::Caller caller_;
};

}  // namespace

std::unique_ptr<grpc::CallHandler> keep_alive_stream(EtcdService& service, grpc::Call& call,
                                                     Permissions::Caller caller) {
  return std::make_unique<KeepAliveStream>(service, call, std::move(caller));
}

}  // namespace discovery::protocol::etcd
