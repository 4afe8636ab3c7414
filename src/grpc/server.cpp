#include "grpc/server.h"

#include <utility>

#include "grpc/doorstep.h"
#include "grpc/lane.h"

namespace discovery::grpc {

/// Written while the HttpServer opens, read when it runs.
struct Server::Shared {
  Limits limits;
  ServiceFactory make_service;
  struct One {
    net::Reactor* reactor;
    Lane* lane;  ///< lives as long as the HttpServer
    std::shared_ptr<const ReactorCounts> counts;
  };
  std::vector<One> lanes;
};

namespace {

class LaneConversations final : public net::Conversations {
 public:
  explicit LaneConversations(std::unique_ptr<Lane> lane) : lane_(std::move(lane)) {}
  std::unique_ptr<net::Conversation> make(net::SessionContext& context, net::Transport& transport,
                                          codec::ClientAddress client) override {
    return std::make_unique<Doorstep>(*lane_, context, transport, std::move(client));
  }

 private:
  const std::unique_ptr<Lane> lane_;
};

}  // namespace

Server::Server(const Limits& limits, ServiceFactory make_service)
    : shared_(std::make_shared<Shared>(Shared{limits, std::move(make_service), {}})) {}

Server::~Server() = default;

net::ConversationsFactory Server::conversations() {
  return [shared = shared_](net::Reactor& reactor) -> std::unique_ptr<net::Conversations> {
    auto lane = std::make_unique<Lane>(shared->limits, shared->make_service(reactor), reactor, reactor.clock());
    shared->lanes.push_back({&reactor, lane.get(), lane->counts});
    return std::make_unique<LaneConversations>(std::move(lane));
  };
}

ServerStats Server::stats() const {
  ServerStats all;
  for (const Shared::One& one : shared_->lanes) all.add(one.counts->snapshot());
  return all;
}

void Server::update_limits(const Limits& limits) {
  for (const Shared::One& one : shared_->lanes) {
    one.reactor->post([lane = one.lane, limits] { lane->limits = limits; });
  }
}

}  // namespace discovery::grpc
