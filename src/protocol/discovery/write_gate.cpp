#include "protocol/discovery/write_gate.h"

#include "protocol/discovery/api.h"

namespace discovery::protocol {

std::unique_ptr<codec::ParkedRequest> WriteGate::enter(Route route, const codec::HttpRequest& request,
                                                       codec::HttpExchange& exchange) {
  if (waiting_ == kWaitingMax || GatedWrite::bytes_of(request) > kBytesMax - bytes_) return nullptr;
  auto write = std::make_unique<GatedWrite>(*this, route, request, exchange);
  queue_.push_back(*write);
  return write;
}

bool WriteGate::open(TimePoint now) {
  for (size_t i = 0; i < kPerTurn && !queue_.empty(); ++i) queue_.pop_front().execute(now);
  return !queue_.empty();
}

WriteGate::GatedWrite::GatedWrite(WriteGate& gate, Route route, const codec::HttpRequest& request,
                                  codec::HttpExchange& exchange)
    : gate_(gate),
      exchange_(exchange),
      route_(route),
      method_(request.method),
      version_minor_(request.version_minor),
      at_(request.received_at),
      query_(request.query),
      body_(request.body),
      content_type_(request.content_type),
      authorization_(request.field("authorization")),
      credentials_{"authorization", authorization_},
      client_(*request.client),
      bytes_(bytes_of(request)) {
  ++gate_.waiting_;
  gate_.bytes_ += bytes_;
}

WriteGate::GatedWrite::~GatedWrite() {
  --gate_.waiting_;
  gate_.bytes_ -= bytes_;
}

size_t WriteGate::GatedWrite::bytes_of(const codec::HttpRequest& request) {
  return sizeof(GatedWrite) + request.query.size() + request.body.size() + request.content_type.size() +
         request.field("authorization").size();
}

codec::HttpRequest WriteGate::GatedWrite::request() const {
  codec::HttpRequest r;
  r.method = method_;  // the path is not kept: `route_` says where it led
  r.query = query_;
  r.body = body_;
  r.content_type = content_type_;
  if (!authorization_.empty()) r.fields = {&credentials_, 1};
  r.version_minor = version_minor_;
  r.received_at = at_;
  r.client = &client_;
  return r;
}

void WriteGate::GatedWrite::execute(TimePoint now) {
  at_ = now;  // a lease counts from when it was given
  exchange_.resume();
}

void WriteGate::GatedWrite::write_answer(codec::HttpReply& reply) {
  gate_.api_.handle_now(route_, request(), reply, exchange_, false);
}

// Clients take -500 as "go to another node".
void WriteGate::GatedWrite::write_drain_answer(codec::HttpReply& reply) {
  reply.close = true;
  gate_.api_.refuse_write(route_, request(), reply);
}

}  // namespace discovery::protocol
