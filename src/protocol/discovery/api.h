// The native HTTP API: requests of discovery-api.md turned into calls on the registry.
//
// Lifecycle: one object per reactor; registry, hub, start protection, sink and observer outlive it.
// Thread: its reactor. Limits: ApiSettings; past one of them -400 with a message that names the key.
// Cost: what the registry call costs, plus linear work in the parameters; a renew allocates nothing once the reused
// buffers are warm. Errors: always HTTP 200 with a code in the body (error_codes.h).
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "codec/http.h"
#include "codec/metadata.h"
#include "codec/params.h"
#include "protocol/discovery/envelope.h"
#include "protocol/discovery/error_codes.h"
#include "protocol/discovery/routes.h"
#include "registry/poll_hub.h"
#include "registry/registry.h"
#include "registry/start_protection.h"

namespace discovery::protocol {

/// The application under which the registry's own nodes are listed (discovery-api.md 10.2).
inline constexpr std::string_view kSelfApp = "infra.discovery";

struct ApiSettings {
  std::string zone;                  ///< own
  std::string self_addr;             ///< host:port under which this node is known
  std::vector<std::string> nodes;    ///< host:port of the other nodes of the own zone
  std::set<std::string> node_addrs;  ///< host:port of every configured node, all zones, self included
  std::set<std::string> peer_ips;    ///< addresses of configured nodes whose replication parameters are honoured
  bool open_membership = false;      ///< anyone may be a node, and is believed as one
  Duration request_timeout = std::chrono::seconds(40);
  Duration max_park = std::chrono::seconds(30);
  Duration empty_hold = std::chrono::seconds(1);
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

/// What happened, for logs and metrics. Called on the reactor; must be quick and must not throw.
class ApiObserver {
 public:
  virtual void answered(Route route, Code code, TimePoint received_at) = 0;
  virtual void registered(const registry::InstanceKeyView& key, bool created, const codec::ClientAddress& client) = 0;
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

 protected:
  ~ApiObserver() = default;
};

class DiscoveryApi {
 public:
  DiscoveryApi(registry::Registry& registry, registry::PollHub& hub, const registry::StartProtection& protection,
               ChangeSink& changes, ApiObserver& observer, ApiSettings settings);

  /// The request's path and method are those of `route`.
  void handle(Route route, const codec::HttpRequest& request, codec::HttpReply& reply, codec::HttpExchange& exchange);

  /// For a reload; on the reactor's thread.
  void update(ApiSettings settings) { settings_ = std::move(settings); }

 private:
  /// One request while it is handled.
  struct Call {
    Route route;
    const codec::HttpRequest& request;
    codec::HttpReply& reply;
    codec::HttpExchange& exchange;
    Envelope envelope;
    bool parked = false;
  };
  struct Origin {
    registry::Writer writer = registry::Writer::kClient;
    bool replication = false;  ///< the parameter, where it is honoured
  };

  Code dispatch(Call& call);
  [[nodiscard]] Result<void> read_params(const codec::HttpRequest& request);
  Code refuse(Call& call, const Error& error, bool handled);
  [[nodiscard]] Origin origin_of(const codec::HttpRequest& request, bool replication, bool from_zone) const;

  // writes.cpp
  Code register_instance(Call& call);
  Code renew(Call& call);
  Code cancel(Call& call);
  Code set(Call& call);
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
  const registry::StartProtection& protection_;
  ChangeSink& changes_;
  ApiObserver& observer_;
  ApiSettings settings_;
  // Reused from request to request.
  codec::Params params_;
  std::string addrs_json_;
  std::string metadata_json_;
};

}  // namespace discovery::protocol
