// The native HTTP API: requests of discovery-api.md turned into calls on the registry.
//
// Lifecycle: one object per reactor; all that ApiContext names outlives it, and it outlives its sessions.
// Thread: its reactor. Limits: ApiSettings; past one of them -400 with a message that names the key.
// Cost: what the registry call costs, plus linear work in the parameters; a renew allocates nothing once the reused
// buffers are warm. Writes wait for the gate (write_gate.h) while the node cannot number them yet. Errors: always HTTP
// 200 with a code in the body (error_codes.h).
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "access/access_control.h"
#include "base/time.h"
#include "codec/http.h"
#include "codec/metadata.h"
#include "codec/params.h"
#include "protocol/discovery/acked_write.h"
#include "protocol/discovery/cluster_port.h"
#include "protocol/discovery/envelope.h"
#include "protocol/discovery/error_codes.h"
#include "protocol/discovery/origin_posts.h"
#include "protocol/discovery/proof_of_life.h"
#include "protocol/discovery/routes.h"
#include "protocol/discovery/write_gate.h"
#include "registry/poll_hub.h"
#include "registry/poll_state.h"
#include "registry/registry.h"
#include "registry/start_protection.h"

namespace discovery::protocol {

/// The application under which the registry's own nodes are listed (discovery-api.md 10.2).
inline constexpr std::string_view kSelfApp = "infra.discovery";

struct ApiSettings {
  std::set<std::string> node_addrs;  ///< host:port of every configured node, all zones, self included
  std::set<std::string> peer_ips;    ///< addresses of configured nodes whose replication parameters are honoured
  bool open_membership = false;      ///< anyone may be a node, and is believed as one
  Duration request_timeout = std::chrono::seconds(40);
  Duration max_park = std::chrono::seconds(30);
  registry::PollTimes polls;
  size_t form_fields_max = 10000;
  size_t poll_apps_max = 2000;
  size_t name_bytes_max = 1024;
  size_t addrs_max = 64;
  codec::MetadataLimits metadata;
};

/// Brings a change to the poll hubs of the reactors it names.
class ChangeSink {
 public:
  virtual void changed(const registry::Wake& wake, TimePoint now) = 0;

 protected:
  ~ChangeSink() = default;
};

/// A write, done or not, or what access control refused: for the audit. Views are valid inside the call.
struct AuditNote {
  Route route;
  std::string_view by;              ///< access::Caller::name()
  registry::InstanceKeyView key{};  ///< what of it could be read; the first host of a set
  size_t hosts = 1;
  Code code = Code::kOk;
  int64_t before_ns = 0;  ///< version of the instance, 0: there was none
  int64_t after_ns = 0;   ///< 0: not known
};

/// What happened, for logs and metrics. Called on the reactor; must be quick and must not throw.
class ApiObserver {
 public:
  virtual void answered(Route route, Code code, TimePoint received_at) = 0;
  virtual void registered(const registry::InstanceKeyView& key, const registry::RegisterOutcome& outcome,
                          const codec::ClientAddress& client) = 0;
  virtual void cancelled(const registry::InstanceKeyView& key, const codec::ClientAddress& client) = 0;
  virtual void set_applied(const registry::AppKeyView& app, std::string_view zone, size_t hosts,
                           const codec::ClientAddress& client) = 0;
  /// A write of infra.discovery that would have made a stranger a node (D23).
  virtual void stranger_refused(const registry::InstanceKeyView& key, const codec::ClientAddress& client) = 0;
  /// `reading`: the parameters could not be read at all; answered() follows.
  virtual void refused(Route /*route*/, ErrorCode /*code*/, bool /*reading*/) {}
  virtual void view_served(bool rendered) = 0;
  /// A poll got code 0 with lists that are all empty.
  virtual void empty_answer() = 0;
  virtual void poll_woken(registry::PollHub::Reason reason, Duration since_change, size_t bytes) = 0;
  virtual void poll_hung_up() = 0;
  /// A waiting poll was sent away because the node drains.
  virtual void poll_drained() {}
  /// Once for each register, cancel and set, and for whatever access control refused.
  virtual void audited(const AuditNote& /*note*/, const codec::ClientAddress& /*client*/) {}

 protected:
  ~ApiObserver() = default;
};

/// What an API works on.
struct ApiContext {
  registry::Registry& registry;
  registry::PollHub& hub;                       ///< of the reactor
  Deadlines& deadlines;                         ///< of the reactor
  const registry::StartProtection& protection;  ///< shared by all reactors, as is what follows
  ClusterPort& cluster;
  ProofOfLife& proofs;
  ChangeSink& changes;
  ApiObserver& observer;                ///< of the reactor
  const access::AccessControl& access;  ///< of the reactor
};

class DiscoveryApi {
 public:
  DiscoveryApi(const ApiContext& context, ApiSettings settings);

  /// The request's path and method are those of `route`.
  void handle(Route route, const codec::HttpRequest& request, codec::HttpReply& reply, codec::HttpExchange& exchange);

  /// For a reload; on the reactor's thread.
  void update(ApiSettings settings) {
    settings_ = std::move(settings);
    metadata_source_.clear();
  }
  /// ClusterPort::accepts_writes() has become true: executes some of the writes that waited for it. True: call again in
  /// the next turn.
  bool open_writes(TimePoint now) { return gate_.open(now); }
  /// A peer has all that was written up to this ticket (ClusterPort::ack_ticket()).
  void acknowledged(uint64_t ticket) { acks_.acknowledged(ticket); }
  /// Writes that wait for the gate.
  [[nodiscard]] size_t gated_writes() const { return gate_.waiting(); }

 private:
  friend class WriteGate;
  /// One request while it is handled.
  struct Call {
    Route route;
    const codec::HttpRequest& request;
    codec::HttpReply& reply;
    codec::HttpExchange& exchange;
    Envelope envelope;
    access::Caller caller;
    AuditNote note;
    bool may_park = true;
    bool parked = false;
  };
  struct Origin {
    registry::Writer writer = registry::Writer::kClient;
    bool replication = false;  ///< the parameter, where it is honoured

    /// To which originals the write goes on, if to any (discovery-api.md 10.4, D7).
    [[nodiscard]] std::optional<cluster::PostReach> reach() const;
  };

  /// `may_park`: false for a write that waited for the gate, which cannot wait a second time.
  void handle_now(Route route, const codec::HttpRequest& request, codec::HttpReply& reply,
                  codec::HttpExchange& exchange, bool may_park);
  /// -500: no room at the gate, or the node drains.
  void refuse_write(Route route, const codec::HttpRequest& request, codec::HttpReply& reply);
  Code dispatch(Call& call);
  [[nodiscard]] Result<void> read_params(const codec::HttpRequest& request);
  Code refuse(Call& call, const Error& error, bool handled);
  /// The refusal, if the caller may not do that to this application; notes what was asked.
  [[nodiscard]] std::optional<Code> deny(Call& call, access::Right right, const registry::InstanceKeyView& key);
  /// The same for all that a request names.
  [[nodiscard]] std::optional<Code> deny_any(Call& call, std::string_view env,
                                             const std::vector<std::string_view>& appids);
  Code denied(Call& call, access::Right right);
  [[nodiscard]] Origin origin_of(const Call& call, bool replication, bool from_zone) const;
  [[nodiscard]] bool is_peer(const Call& call) const;

  // writes.cpp
  Code register_instance(Call& call);
  Code renew(Call& call);
  Code cancel(Call& call);
  Code set(Call& call);
  /// Answers a write that succeeded, at once or when a peer has it too.
  Code done(Call& call, const Origin& origin);
  /// A renew of what is cancelled here, from an original: its register will follow.
  void note_proof_of_life(const Call& call, const registry::InstanceKeyView& key, const Origin& origin);
  [[nodiscard]] Result<void> read_addrs(const std::vector<std::string_view>& addrs);
  [[nodiscard]] Result<void> read_metadata(std::string_view json);
  [[nodiscard]] bool is_node(const std::vector<std::string_view>& addrs) const;

  // reads.cpp
  Code fetch(Call& call);
  Code fetchs(Call& call);
  Code fetch_all(Call& call);
  Code nodes(Call& call);
  registry::AppView view(registry::AppKeyView app, const registry::ViewForm& form, TimePoint now);

  // polls.cpp
  friend class PollRequest;
  struct PollArgs;
  /// What poll and polls have in common.
  [[nodiscard]] Result<PollArgs> bind_poll(std::string_view struct_name);
  Code poll(Call& call);
  Code polls(Call& call);
  Code answer_at_once(Call& call, const PollArgs& args);
  Code wait_for_change(Call& call, const PollArgs& args);
  [[nodiscard]] Duration park_time(const codec::HttpRequest& request) const;

  registry::Registry& registry_;
  registry::PollHub& hub_;
  Deadlines& deadlines_;
  const registry::StartProtection& protection_;
  ClusterPort& cluster_;
  ProofOfLife& proofs_;
  ChangeSink& changes_;
  ApiObserver& observer_;
  const access::AccessControl& access_;
  ApiSettings settings_;
  OriginPosts posts_;
  WriteGate gate_{*this};
  AckWaits acks_;
  // Reused from request to request.
  codec::Params params_;
  std::string list_json_;
  std::string addrs_json_;
  std::string metadata_json_;
  /// What metadata_json_ was made of, "" of nothing that may be used again: the instances of a fleet say the same.
  std::string metadata_source_;
};

}  // namespace discovery::protocol
