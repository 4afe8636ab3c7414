#include "node/peer_desk.h"

#include "codec/json_writer.h"
#include "codec/params.h"

namespace discovery::node {

namespace {
constexpr size_t kQueryParamsMax = 16;
constexpr std::string_view kStranger = "only configured nodes are answered here";
constexpr std::string_view kJson = "application/json; charset=utf-8";

int refuse(codec::HttpReply& reply, int status, std::string_view text) {
  reply.status = status;
  reply.content_type = kJson;
  reply.append(R"({"error":)");
  codec::append_json_string(reply.own(), text);
  reply.append("}\n");
  return status;
}

class PeerRequest;
/// Which request the answer is for; null once its session is gone. Touched on the reactor only.
struct Ticket {
  PeerRequest* request = nullptr;
};

class PeerRequest final : public codec::ParkedRequest {
 public:
  PeerRequest(cluster::CallKind kind, codec::HttpExchange& exchange, std::shared_ptr<Ticket> ticket)
      : kind_(kind), exchange_(exchange), ticket_(std::move(ticket)) {
    ticket_->request = this;
  }
  ~PeerRequest() override { ticket_->request = nullptr; }

  /// Destroys this object.
  void answer(Result<std::string> result) {
    result_ = std::move(result);
    exchange_.resume();
  }
  void write_answer(codec::HttpReply& reply) override {
    if (!result_) {
      refuse(reply, 400, result_.error().message);
    } else if (kind_ == cluster::CallKind::kHello) {
      reply.content_type = kJson;
      reply.append(hello_envelope(*result_));
    } else {
      reply.content_type = kPeerContentType;
      reply.append(*result_);
    }
  }
  void write_drain_answer(codec::HttpReply& reply) override {
    reply.close = true;
    refuse(reply, 503, "this node is ending");
  }

 private:
  const cluster::CallKind kind_;
  codec::HttpExchange& exchange_;
  const std::shared_ptr<Ticket> ticket_;
  Result<std::string> result_ = std::string();
};

/// The message: of a hello in the query, else the body.
Result<std::string> message_of(cluster::CallKind kind, const codec::HttpRequest& request) {
  if (kind != cluster::CallKind::kHello) return std::string(request.body);
  codec::Params params;
  if (const auto read = params.add_urlencoded(request.query, kQueryParamsMax); !read) return read.error();
  return from_hex(params.first("m"));
}

}  // namespace

int PeerDesk::handle(const PeerPath& path, const codec::HttpRequest& request, codec::HttpReply& reply,
                     codec::HttpExchange& exchange) {
  if (!access_.anybody && !access_.ips.contains(request.client->ip)) {
    if (path.kind != cluster::CallKind::kHello) return refuse(reply, 403, kStranger);
    reply.status = 403;
    reply.content_type = kJson;
    reply.append(hello_refusal(kStranger));
    return 403;
  }
  auto message = message_of(path.kind, request);
  if (!message) return refuse(reply, 400, message.error().message);
  if (path.kind == cluster::CallKind::kHello && message->empty()) {
    reply.content_type = kJson;
    reply.append(hello_envelope({}));
    return 200;
  }
  auto ticket = std::make_shared<Ticket>();
  auto parked = std::make_unique<PeerRequest>(path.kind, exchange, ticket);
  const bool asked = host_.ask(path.kind, std::move(*message), [this, ticket](Result<std::string> result) {
    reactor_.post([ticket, r = std::move(result)]() mutable {
      if (ticket->request) ticket->request->answer(std::move(r));
    });
  });
  if (!asked) return refuse(reply, 503, "too many messages of peers wait already");
  exchange.park(std::move(parked));
  return 0;
}

}  // namespace discovery::node
