#include "micro/lone_node.h"

#include "base/check.h"
#include "load/requests.h"
#include "node/routes.h"

namespace discovery::bench {
namespace {

registry::RegistrySettings registry_settings() {
  registry::RegistrySettings s;
  s.hash_key = {0x1234, 0x5678};
  s.cluster_key = {0x9abc, 0xdef0};
  s.memory_bytes_max = 8ULL << 30;
  return s;
}

}  // namespace

Connection::Connection(LoneNode& node) : session_(node.context_, *this, {"192.0.2.1", 4711, false}) {
  session_.start();
}

void Connection::ask(std::string_view request) {
  unread_ = request;
  session_.on_readable();
}

net::IoResult Connection::read(std::span<char> into) {
  if (unread_.empty()) return {net::IoResult::Kind::kWouldBlock, 0};
  const size_t n = unread_.copy(into.data(), into.size());
  unread_.remove_prefix(n);
  return {net::IoResult::Kind::kDone, n};
}

net::IoResult Connection::write(std::span<const std::string_view> pieces) {
  DISCOVERY_CHECK(pieces[0].starts_with("HTTP/1.1 200"), "a benchmark measures answers, not refusals");
  size_t bytes = 0;
  for (const std::string_view piece : pieces) bytes += piece.size();
  bytes_out_ += bytes;
  return {net::IoResult::Kind::kDone, bytes};
}

LoneNode::LoneNode(uint64_t apps, uint64_t per)
    : registry_(registry_settings()),
      api_({registry_, hub_, wheel_, protection_, cluster_, proofs_, *this, reporter_, access_}, {}),
      context_(*this, wheel_, clock_, stats_, {}, {}, partial_) {
  registry_.set_observer(&history_);
  load::Requests requests{.host = "127.0.0.1:7171"};
  std::string request;
  Connection connection(*this);
  for (uint64_t app = 0; app < apps; ++app) {
    for (uint64_t instance = 0; instance < per; ++instance) {
      requests.register_instance(app, instance, request);
      connection.ask(request);
    }
    clock_.advance(std::chrono::microseconds(1));
  }
}

void LoneNode::changed(const registry::Wake& wake, TimePoint now) {
  if (wake.reactors != 0) hub_.mark_changed(wake.app_id, now);
}

void LoneNode::handle(const codec::HttpRequest& request, codec::HttpReply& reply, codec::HttpExchange& exchange) {
  const node::RouteRow* const row = node::find_route(request.path);
  DISCOVERY_CHECK(row && row->target.kind() == node::RouteTarget::Kind::kDiscovery, "a route of the API");
  const protocol::Route route = row->target.as_discovery();
  reporter_.begin();
  api_.handle(route, request, reply, exchange);
  static_cast<void>(guard_.saw(request, route, reporter_.end()));  // an answer held back would say nothing here
}

}  // namespace discovery::bench
