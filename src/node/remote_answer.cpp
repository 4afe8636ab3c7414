#include "node/remote_answer.h"

#include "codec/json_writer.h"

namespace discovery::node {

/// Which request the answer is for; null once its session is gone. Touched on the reactor only.
struct RemoteAnswer::Ticket {
  Parked* request = nullptr;
};

class RemoteAnswer::Parked final : public codec::ParkedRequest {
 public:
  Parked(codec::HttpExchange& exchange, std::shared_ptr<Ticket> ticket, Comes comes)
      : exchange_(exchange), ticket_(std::move(ticket)), comes_(comes) {
    ticket_->request = this;
  }
  ~Parked() override { ticket_->request = nullptr; }

  /// Destroys this object.
  void answer(Write write) {
    write_ = std::move(write);
    exchange_.resume();
  }
  void write_answer(codec::HttpReply& reply) override { write_(reply); }
  void write_drain_answer(codec::HttpReply& reply) override {
    reply.close = true;
    json_error(reply, 503, "this node is ending");
  }
  [[nodiscard]] bool answers_soon() const override { return comes_ == Comes::kSoon; }

 private:
  codec::HttpExchange& exchange_;
  const std::shared_ptr<Ticket> ticket_;
  const Comes comes_;
  Write write_;
};

std::pair<std::unique_ptr<codec::ParkedRequest>, RemoteAnswer> RemoteAnswer::make(codec::HttpExchange& exchange,
                                                                                  net::Reactor& reactor, Comes comes) {
  auto ticket = std::make_shared<Ticket>();
  auto parked = std::make_unique<Parked>(exchange, ticket, comes);
  return {std::move(parked), RemoteAnswer(reactor, std::move(ticket))};
}

bool RemoteAnswer::wanted() const { return ticket_->request != nullptr; }

void RemoteAnswer::give(Write write) const {
  reactor_->post([ticket = ticket_, write = std::move(write)]() mutable {
    if (ticket->request) ticket->request->answer(std::move(write));
  });
}

int json_error(codec::HttpReply& reply, int status, std::string_view text) {
  reply.status = status;
  reply.content_type = "application/json; charset=utf-8";
  reply.append(R"({"error":)");
  codec::append_json_string(reply.own(), text);
  reply.append("}\n");
  return status;
}

}  // namespace discovery::node
