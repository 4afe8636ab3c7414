// The cluster's calls as HTTP requests: two connections per other node, one per channel.
//
// Lifecycle: made before its reactor starts; destroyed after it stopped. Thread: its reactor's, but for the byte
// counters. Every connection to a node begins with a hello; to an original that was asked on an earlier connection, the
// hello is repeated here before a post goes out on a new one, so that a node replaced by one of ours is noticed.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "cluster/transport.h"
#include "net/http_client.h"
#include "node/peer_signer.h"

namespace discovery::node {

class PeerCaller final : public cluster::Transport {
 public:
  using Done = std::function<void(uint64_t call_id, cluster::CallResult result)>;

  /// `bind_address`: "" for any. `done` is called for every call, on the reactor.
  PeerCaller(net::Reactor& reactor, std::string bind_address, const net::ClientLimits& limits, Done done);
  /// From now on, requests to nodes of ours are signed. On the reactor.
  void set_signer(PeerSigner signer) { signer_ = std::move(signer); }
  ~PeerCaller();

  void call(cluster::Call call) override;
  void forget(const std::string& address) override;

  [[nodiscard]] uint64_t bytes_sent() const { return sent_.load(std::memory_order_relaxed); }
  [[nodiscard]] uint64_t bytes_received() const { return received_.load(std::memory_order_relaxed); }

 private:
  struct Node {
    std::unique_ptr<net::HttpClient> delta;
    std::unique_ptr<net::HttpClient> bulk;
  };
  [[nodiscard]] net::HttpClient* client_of(const std::string& address, cluster::Channel channel);
  void send_hello(net::HttpClient& client, const cluster::Call& call);
  void send_to_peer(net::HttpClient& client, cluster::Call call);
  void send_to_original(net::HttpClient& client, cluster::Call call);
  void ask_again(net::HttpClient& client, cluster::Call call);
  void fail(uint64_t call_id, cluster::CallResult::Kind kind);
  void finish(uint64_t call_id, cluster::CallResult result);

  net::Reactor& reactor_;
  const std::string bind_address_;
  const net::ClientLimits limits_;
  const Done done_;
  PeerSigner signer_;
  std::map<std::string, Node> nodes_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< for what is posted to the reactor
  std::atomic<uint64_t> sent_{0};
  std::atomic<uint64_t> received_{0};
};

}  // namespace discovery::node
