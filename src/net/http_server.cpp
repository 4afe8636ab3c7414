#include "net/http_server.h"

#include <algorithm>
#include <future>
#include <utility>

#include "base/check.h"
#include "net/connection_limit.h"
#include "net/tcp_connection.h"

namespace discovery::net {

/// One group on one reactor. Members are destroyed from the last: connections before the handler they may be parked in.
struct HttpServer::Service {
  Service(HttpServer& server, Reactor& reactor, const ListenerGroup& group)
      : name(group.name),
        handler(group.make_handler(reactor)),
        context(*handler, reactor, *server.options_.clock, reactor.stats(), server.options_.session, group.http,
                server.partial_bytes_),
        conversations(group.make_conversations ? group.make_conversations(reactor) : nullptr),
        connections(context, reactor.io(), *server.limit_) {
    context.deflater = &server.deflater_;
    context.unsent.share(server.unsent_bytes_);
    connections.identity = group.identity;
    connections.conversations = conversations.get();
  }

  const std::string name;
  const std::unique_ptr<codec::HttpHandler> handler;
  SessionContext context;
  const std::unique_ptr<Conversations> conversations;
  ConnectionGroup connections;
  std::vector<std::unique_ptr<Listener>> listeners;
};

/// Sends the connections of one reactor away: those with nothing parked at once, the parked ones in equal slices, so
/// that their clients do not fall upon the other nodes in one moment.
class HttpServer::Drainer final : public TimerEntry {
 public:
  explicit Drainer(Lane& lane) : lane_(lane) {}
  void start(Duration spread);
  void on_deadline(TimePoint now) override;

 private:
  static constexpr Duration kStep = std::chrono::milliseconds(50);
  Lane& lane_;
  int64_t steps_left_ = 0;
};

/// Gives the connections of one reactor away, one by one as they come to rest.
class HttpServer::Mover final : public TimerEntry {
 public:
  explicit Mover(Lane& lane) : lane_(lane) {}
  void start(std::shared_ptr<const std::function<void(GroupSocket&&)>> moved);
  void stop();
  void on_deadline(TimePoint now) override;

 private:
  static constexpr Duration kStep = std::chrono::milliseconds(10);
  Lane& lane_;
  std::shared_ptr<const std::function<void(GroupSocket&&)>> moved_;
};

/// One reactor and what runs on it.
struct HttpServer::Lane {
  Lane(const Clock& clock, std::string name) : reactor(clock, std::move(name)) {}
  ~Lane() { reactor.stop(); }

  template <class F>
  void for_each_listener(F f) {
    for (const auto& service : services) {
      for (const auto& listener : service->listeners) f(*listener);
    }
  }
  template <class F>
  void for_each_conversation(F f) {
    for (const auto& service : services) {
      service->connections.open.for_each([&f](TcpConnection& connection) { f(connection.conversation()); });
    }
  }
  void close_listeners() {
    for_each_listener([](Listener& listener) { listener.close(); });
  }

  Reactor reactor;
  std::vector<std::unique_ptr<Service>> services;
  Drainer drainer{*this};
  Mover mover{*this};
};

void HttpServer::Mover::start(std::shared_ptr<const std::function<void(GroupSocket&&)>> moved) {
  moved_ = std::move(moved);
  lane_.for_each_listener([](Listener& listener) { listener.pause(); });
  on_deadline(lane_.reactor.now());
}

void HttpServer::Mover::stop() {
  unlink();
  moved_.reset();
  lane_.for_each_listener([](Listener& listener) { listener.resume(); });
}

// A connection that was accepted when the listeners paused already is met by a later step.
void HttpServer::Mover::on_deadline(TimePoint now) {
  for (const auto& service : lane_.services) {
    service->connections.open.for_each([&](TcpConnection& connection) {
      if (connection.speaks_tls()) {
        if (!connection.conversation().closed()) connection.conversation().end_with_next_answer();
      } else if (const int descriptor = connection.release(); descriptor >= 0) {
        (*moved_)({service->name, Descriptor(descriptor)});
      }
    });
  }
  lane_.reactor.schedule(*this, now + kStep);
}

void HttpServer::Drainer::start(Duration spread) {
  lane_.for_each_conversation([](Conversation& conversation) {
    if (!conversation.closed() && !conversation.parked()) conversation.drain();
  });
  steps_left_ = std::max<int64_t>(spread / kStep, 1);
  on_deadline(lane_.reactor.now());
}

void HttpServer::Drainer::on_deadline(TimePoint now) {
  size_t parked = 0;
  lane_.for_each_conversation([&parked](Conversation& conversation) { parked += conversation.parked(); });
  const auto steps = static_cast<size_t>(steps_left_);
  size_t quota = (parked + steps - 1) / steps;
  const bool last = --steps_left_ == 0;
  lane_.for_each_conversation([&quota, last](Conversation& conversation) {
    if (conversation.parked() && quota > 0) {
      --quota;
      conversation.drain();
    } else if (last && !conversation.closed()) {
      conversation.drain();  // one that was answered in the meantime
    }
  });
  if (!last) lane_.reactor.schedule(*this, now + kStep);
}

HttpServer::HttpServer(const ServerOptions& options)
    : options_(options),
      partial_bytes_(options.partial_bytes_max),
      limit_(std::make_unique<ConnectionLimit>(options.connections_max, options.connections_per_address_max)) {
  for (size_t i = 0; i < std::max<size_t>(options.reactors, 1); ++i) {
    lanes_.push_back(std::make_unique<Lane>(*options.clock, "reactor-" + std::to_string(i)));
  }
}

HttpServer::~HttpServer() {
  for (const auto& lane : lanes_) lane->reactor.stop();
}

Result<std::unique_ptr<HttpServer>> HttpServer::open(const ServerOptions& options, std::vector<ListenerGroup> groups,
                                                     std::vector<GroupSocket> inherited) {
  DISCOVERY_CHECK(options.clock != nullptr, "the server has a clock");
  std::unique_ptr<HttpServer> server(new HttpServer(options));
  for (ListenerGroup& group : groups) {
    const Result<void> added = server->add_group(std::move(group), inherited);
    if (!added) return added.error();
  }
  return server;
}

Result<void> HttpServer::add_group(ListenerGroup group, std::vector<GroupSocket>& inherited) {
  for (const auto& lane : lanes_) {
    lane->services.push_back(std::make_unique<Service>(*this, lane->reactor, group));
  }
  for (ListenAddress& address : group.addresses) {
    if (const Result<void> done = listen(group, address, inherited); !done) return done.error();
  }
  return {};
}

// Every inherited socket gets a reactor, also where there are more of them: its queue is served to the end. A reactor
// for which none is left gets a socket of its own.
Result<void> HttpServer::listen(const ListenerGroup& group, ListenAddress& address,
                                std::vector<GroupSocket>& inherited) {
  size_t taken = 0;
  const auto add = [&](Result<std::unique_ptr<Listener>> listener) -> Result<void> {
    if (!listener) return listener.error();
    address = (*listener)->bound();  // port 0 is chosen once, and a name resolved once
    lanes_[taken++ % lanes_.size()]->services.back()->listeners.push_back(std::move(*listener));
    return {};
  };
  for (GroupSocket& one : inherited) {
    if (one.group != group.name || !one.socket.valid()) continue;
    const auto bound = address_of_listener(one.socket.get());
    if (!bound || !is_bound_to(*bound, address)) continue;
    auto& lane = lanes_[taken % lanes_.size()];
    if (auto done = add(Listener::adopt(lane->reactor, one.socket.release())); !done) return done;
  }
  while (taken < lanes_.size()) {
    const auto sharing = taken == 0 ? Listener::Sharing::kFirst : Listener::Sharing::kAnother;
    if (auto done = add(Listener::open(lanes_[taken]->reactor, address, sharing)); !done) return done;
  }
  return {};
}

std::vector<std::pair<std::string, int>> HttpServer::sockets() const {
  std::vector<std::pair<std::string, int>> all;
  for (const auto& lane : lanes_) {
    for (const auto& service : lane->services) {
      for (const auto& listener : service->listeners) all.emplace_back(service->name, listener->descriptor());
    }
  }
  return all;
}

void HttpServer::hand_over(std::function<void(GroupSocket&&)> moved) {
  const auto shared = std::make_shared<const std::function<void(GroupSocket &&)>>(std::move(moved));
  for (const auto& lane : lanes_) {
    lane->reactor.post([&lane = *lane, shared] { lane.mover.start(shared); });
  }
}

void HttpServer::keep() {
  on_each_lane([](Lane& lane) { lane.mover.stop(); });
}

bool HttpServer::adopt(GroupSocket connection) {
  Lane& lane = *lanes_[next_lane_.fetch_add(1, std::memory_order_relaxed) % lanes_.size()];
  for (const auto& service : lane.services) {
    if (service->name != connection.group || service->connections.identity) continue;
    auto shared = std::make_shared<Descriptor>(std::move(connection.socket));
    lane.reactor.post([group = &service->connections, shared] { accept_connection(*group, std::move(*shared)); });
    return true;
  }
  return false;
}

void HttpServer::start() {
  for (const auto& lane : lanes_) {
    for (const auto& service : lane->services) {
      for (const auto& listener : service->listeners) listener->accept_on(service->connections);
    }
  }
  for (const auto& lane : lanes_) lane->reactor.start();
  running_ = true;
}

void HttpServer::on_each_lane(void (*work)(Lane&)) {
  std::vector<std::future<void>> all;
  for (const auto& lane : lanes_) {
    auto done = std::make_shared<std::promise<void>>();
    all.push_back(done->get_future());
    lane->reactor.post([&lane = *lane, done, work] {
      work(lane);
      done->set_value();
    });
  }
  for (auto& one : all) one.wait();
}

size_t HttpServer::stop(const StopOptions& options) {
  if (!std::exchange(running_, false)) return 0;
  on_each_lane([](Lane& lane) { lane.close_listeners(); });  // no connection is added from here on
  for (const auto& lane : lanes_) {
    lane->reactor.post([&lane = *lane, spread = options.spread] { lane.drainer.start(spread); });
  }
  limit_->wait_until_none(std::max(options.deadline, options.spread));
  for (const auto& lane : lanes_) lane->reactor.stop();
  return limit_->open();
}

void HttpServer::update_limits(const SessionLimits& session, const codec::HttpLimits& http, size_t connections_max) {
  limit_->set_max(connections_max);
  for (const auto& lane : lanes_) {
    lane->reactor.post([&lane = *lane, session, http] {
      for (const auto& service : lane.services) {
        service->context.limits = session;
        service->context.reader.limits = http;
      }
    });
  }
}

void HttpServer::update_identity(const std::string& group, const std::shared_ptr<const TlsIdentity>& identity) {
  for (const auto& lane : lanes_) {
    lane->reactor.post([&lane = *lane, group, identity] {
      for (const auto& service : lane.services) {
        if (service->name == group) service->connections.identity = identity;
      }
    });
  }
}

std::vector<ListenAddress> HttpServer::bound_addresses(const std::string& group) const {
  std::vector<ListenAddress> bound;
  for (const auto& service : lanes_.front()->services) {
    if (service->name != group) continue;
    for (const auto& listener : service->listeners) bound.push_back(listener->bound());
  }
  return bound;
}

Reactor& HttpServer::reactor(size_t index) { return lanes_[index]->reactor; }

void HttpServer::for_each_session(const Reactor& reactor, FunctionRef<void(const Session&)> f) const {
  for (const auto& lane : lanes_) {
    if (&lane->reactor != &reactor) continue;
    lane->for_each_conversation([&f](Conversation& conversation) {
      if (const Session* const session = conversation.http()) f(*session);
    });
  }
}

ServerStats HttpServer::stats() const {
  ServerStats all;
  for (const auto& lane : lanes_) all.add(lane->reactor.stats().snapshot());
  return all;
}

}  // namespace discovery::net
