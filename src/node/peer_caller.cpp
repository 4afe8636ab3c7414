#include "node/peer_caller.h"

#include "codec/hex.h"
#include "node/config_address.h"
#include "node/peer_paths.h"
#include "node/routes.h"
#include "protocol/discovery/legacy_post.h"

namespace discovery::node {

using cluster::Call;
using cluster::CallKind;
using cluster::CallResult;
using net::HttpClient;

namespace {
constexpr std::string_view kFetchAllPath = "/discovery/fetch/all";

CallResult failure(net::ClientFailure how) {
  switch (how) {
    case net::ClientFailure::kRefused:
      return {CallResult::Kind::kRefused, {}};
    case net::ClientFailure::kTimeout:
      return {CallResult::Kind::kTimeout, {}};
    default:
      return {CallResult::Kind::kFailed, {}};
  }
}

}  // namespace

PeerCaller::PeerCaller(net::Reactor& reactor, std::string bind_address, const net::ClientLimits& limits, Done done)
    : reactor_(reactor), bind_address_(std::move(bind_address)), limits_(limits), done_(std::move(done)) {}

PeerCaller::~PeerCaller() { *alive_ = false; }

HttpClient* PeerCaller::client_of(const std::string& address, cluster::Channel channel) {
  Node& node = nodes_[address];
  auto& client = channel == cluster::Channel::kDelta ? node.delta : node.bulk;
  if (!client) {
    const auto parsed = parse_peer_address(address);
    if (!parsed) return nullptr;  // what another node said of itself
    client =
        std::make_unique<HttpClient>(reactor_, net::ClientEndpoint{parsed->host, parsed->port, bind_address_}, limits_);
  }
  return client.get();
}

void PeerCaller::call(Call call) {
  HttpClient* client = client_of(call.address, call.channel);
  if (!client || client->busy()) return fail(call.id, CallResult::Kind::kFailed);
  switch (call.kind) {
    case CallKind::kHello:
      return send_hello(*client, call);
    case CallKind::kPost:
    case CallKind::kFetchAll:
      return client->connected() ? send_to_original(*client, std::move(call)) : ask_again(*client, std::move(call));
    default:
      return send_to_peer(*client, std::move(call));
  }
}

void PeerCaller::forget(const std::string& address) {
  const auto it = nodes_.find(address);
  if (it == nodes_.end()) return;
  for (HttpClient* client : {it->second.delta.get(), it->second.bulk.get()}) {
    if (client) client->close();
  }
}

// A failure is told in a later turn, as an answer would be.
void PeerCaller::fail(uint64_t call_id, CallResult::Kind kind) {
  reactor_.post([this, alive = std::weak_ptr<bool>(alive_), call_id, kind] {
    if (!alive.expired()) done_(call_id, {kind, {}});
  });
}

void PeerCaller::finish(uint64_t call_id, CallResult result) {
  uint64_t sent = 0;
  uint64_t received = 0;
  for (const auto& [address, node] : nodes_) {
    for (const HttpClient* c : {node.delta.get(), node.bulk.get()}) {
      sent += c ? c->bytes_sent() : 0;
      received += c ? c->bytes_received() : 0;
    }
  }
  sent_.store(sent, std::memory_order_relaxed);
  received_.store(received, std::memory_order_relaxed);
  done_(call_id, std::move(result));
}

void PeerCaller::send_hello(HttpClient& client, const Call& call) {
  net::ClientRequest request;
  request.target = std::string(row_of(CallKind::kHello).path) + "?m=" + codec::to_hex(call.body);
  signer_.sign(request, call.address, reactor_.now());
  client.request(std::move(request), call.timeout, HttpClient::Connect::kFresh,
                 [this, id = call.id](net::ClientResult result) {
                   if (!result) return finish(id, failure(result.error()));
                   auto hello = read_hello_envelope(result->body);
                   if (!hello) return finish(id, {CallResult::Kind::kOriginal, {}});
                   if (hello->empty()) return finish(id, {CallResult::Kind::kDenied, {}});
                   finish(id, {CallResult::Kind::kAnswer, std::move(*hello)});
                 });
}

void PeerCaller::send_to_peer(HttpClient& client, Call call) {
  net::ClientRequest request;
  request.method = codec::Method::kPost;
  request.target = std::string(row_of(call.kind).path);
  request.content_type = std::string(kPeerContentType);
  request.body = std::move(call.body);
  signer_.sign(request, call.address, reactor_.now());
  client.request(std::move(request), call.timeout, HttpClient::Connect::kReuse,
                 [this, id = call.id](net::ClientResult result) {
                   if (!result) return finish(id, failure(result.error()));
                   if (result->status != 200) return finish(id, {CallResult::Kind::kFailed, {}});
                   finish(id, {CallResult::Kind::kAnswer, std::move(result->body)});
                 });
}

// Is it still an original? One that closes its connections after each answer is asked before each post.
void PeerCaller::ask_again(HttpClient& client, Call call) {
  net::ClientRequest request;
  request.target = std::string(row_of(CallKind::kHello).path);
  signer_.sign(request, call.address, reactor_.now());
  const Duration timeout = call.timeout;
  client.request(std::move(request), timeout, HttpClient::Connect::kFresh,
                 [this, &client, c = std::move(call)](net::ClientResult result) mutable {
                   if (!result) return finish(c.id, failure(result.error()));
                   if (read_hello_envelope(result->body)) {  // one of ours has taken its place
                     return finish(c.id, {CallResult::Kind::kFailed, {}});
                   }
                   send_to_original(client, std::move(c));
                 });
}

void PeerCaller::send_to_original(HttpClient& client, Call call) {
  net::ClientRequest request;
  if (call.kind == CallKind::kPost) {
    request.method = codec::Method::kPost;
    request.target = std::move(call.path);
    request.content_type = std::string(protocol::kLegacyContentType);
    request.body = std::move(call.body);
  } else {
    request.target = std::string(kFetchAllPath);
  }
  client.request(std::move(request), call.timeout, HttpClient::Connect::kAny,
                 [this, id = call.id](net::ClientResult result) {
                   if (!result) return finish(id, failure(result.error()));
                   if (result->status != 200) return finish(id, {CallResult::Kind::kFailed, {}});
                   finish(id, {CallResult::Kind::kAnswer, std::move(result->body)});
                 });
}

}  // namespace discovery::node
