// Every route of the daemon in one table: the Discovery API, what the daemon itself answers, and the peer protocol.
//
// The index in kRouteNames is the index of the route's metrics. Routes outside /discovery/ answer with HTTP statuses
// and, on errors, a JSON body {"error": text}; under /discovery/ discovery-api.md 1.5 holds.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "codec/http.h"
#include "node/peer_paths.h"
#include "protocol/discovery/routes.h"

namespace discovery::node {

enum class OperatorRoute : uint8_t {
  kIndex,
  kPage,
  kHealth,
  kReady,
  kMetrics,
  kAdminReload,
  kAdminDrain,
  kAdminLogLevel,
  kAdminState,
  kAdminCluster,
  kAdminClusterRemove,
  kHistory,
  kExplain,
  kOverview,
  kRates,
  kServices,
  kService,
  kClients,
  kDigest,
  kRecords,
  kCompare,
  kEvents,
  kInstanceSet,
  kInstanceCancel,
  kBrakeRelease,
  kAdminUpgrade,
};

struct OperatorRouteEntry {
  codec::Method method;
  std::string_view path;
  OperatorRoute route;
  bool admin;  ///< from loopback, with the token, or on the admin listener where there is one
};

inline constexpr std::array<OperatorRouteEntry, 26> kOperatorRoutes{{
    {codec::Method::kGet, "/", OperatorRoute::kIndex, false},
    {codec::Method::kGet, "/page/", OperatorRoute::kPage, false},  // and all below it
    {codec::Method::kGet, "/healthz", OperatorRoute::kHealth, false},
    {codec::Method::kGet, "/readyz", OperatorRoute::kReady, false},
    {codec::Method::kGet, "/metrics", OperatorRoute::kMetrics, false},
    {codec::Method::kPost, "/admin/reload", OperatorRoute::kAdminReload, true},
    {codec::Method::kPost, "/admin/drain", OperatorRoute::kAdminDrain, true},
    {codec::Method::kPost, "/admin/log-level", OperatorRoute::kAdminLogLevel, true},
    {codec::Method::kGet, "/admin/state", OperatorRoute::kAdminState, true},
    {codec::Method::kGet, "/admin/cluster", OperatorRoute::kAdminCluster, true},
    {codec::Method::kPost, "/admin/cluster/remove", OperatorRoute::kAdminClusterRemove, true},
    {codec::Method::kGet, "/api/history", OperatorRoute::kHistory, false},
    {codec::Method::kGet, "/api/explain", OperatorRoute::kExplain, false},
    {codec::Method::kGet, "/api/overview", OperatorRoute::kOverview, false},
    {codec::Method::kGet, "/api/rates", OperatorRoute::kRates, false},
    {codec::Method::kGet, "/api/services", OperatorRoute::kServices, false},
    {codec::Method::kGet, "/api/service", OperatorRoute::kService, false},
    {codec::Method::kGet, "/api/clients", OperatorRoute::kClients, false},
    {codec::Method::kGet, "/api/digest", OperatorRoute::kDigest, false},
    {codec::Method::kGet, "/api/records", OperatorRoute::kRecords, false},
    {codec::Method::kGet, "/api/compare", OperatorRoute::kCompare, false},
    {codec::Method::kGet, "/api/events", OperatorRoute::kEvents, false},
    {codec::Method::kPost, "/admin/instance/set", OperatorRoute::kInstanceSet, true},
    {codec::Method::kPost, "/admin/instance/cancel", OperatorRoute::kInstanceCancel, true},
    {codec::Method::kPost, "/admin/brake/release", OperatorRoute::kBrakeRelease, true},
    {codec::Method::kPost, "/admin/upgrade", OperatorRoute::kAdminUpgrade, true},
}};

/// Who makes the answer.
enum class AnsweredBy : uint8_t {
  kReactor,    ///< at once
  kClerk,      ///< it walks the registry, waits for another thread or reads files: not for a reactor
  kComparer,   ///< it waits for another node: not for the clerk either, whom scrapes need
  kExplainer,  ///< the same, but not for long: it does not wait behind a comparison
  kFeed,       ///< when something happens (event_feed.h)
};
constexpr AnsweredBy answered_by(OperatorRoute route) {
  switch (route) {
    case OperatorRoute::kIndex:
    case OperatorRoute::kPage:
    case OperatorRoute::kHealth:
    case OperatorRoute::kReady:
    case OperatorRoute::kAdminDrain:
    case OperatorRoute::kAdminLogLevel:
      return AnsweredBy::kReactor;
    case OperatorRoute::kCompare:
    case OperatorRoute::kAdminUpgrade:
      return AnsweredBy::kComparer;
    case OperatorRoute::kExplain:
      return AnsweredBy::kExplainer;
    case OperatorRoute::kEvents:
      return AnsweredBy::kFeed;
    default:
      return AnsweredBy::kClerk;
  }
}

/// What is not in either table is counted here.
inline constexpr std::string_view kUnknownRoute = "unknown";

inline constexpr size_t kDiscoveryRoutes = protocol::kRoutes.size();
inline constexpr size_t kPeerRoutesAt = kDiscoveryRoutes + kOperatorRoutes.size();
inline constexpr size_t kRouteCount = kPeerRoutesAt + kPeerPaths.size() + 1;

constexpr std::array<std::string_view, kRouteCount> make_route_names() {
  std::array<std::string_view, kRouteCount> names{};
  for (size_t i = 0; i < kDiscoveryRoutes; ++i) names[i] = protocol::kRoutes[i].path;
  for (size_t i = 0; i < kOperatorRoutes.size(); ++i) names[kDiscoveryRoutes + i] = kOperatorRoutes[i].path;
  for (size_t i = 0; i < kPeerPaths.size(); ++i) names[kPeerRoutesAt + i] = kPeerPaths[i].path;
  names[kRouteCount - 1] = kUnknownRoute;
  return names;
}
inline constexpr std::array<std::string_view, kRouteCount> kRouteNames = make_route_names();

constexpr size_t metrics_index(protocol::Route route) { return static_cast<size_t>(route); }
constexpr size_t metrics_index(OperatorRoute route) { return kDiscoveryRoutes + static_cast<size_t>(route); }
/// `path` is an element of kPeerPaths.
constexpr size_t metrics_index(const PeerPath& path) {
  return kPeerRoutesAt + static_cast<size_t>(&path - kPeerPaths.data());
}
inline constexpr size_t kUnknownRouteIndex = kRouteCount - 1;

static_assert([] {
  for (size_t i = 0; i < protocol::kRoutes.size(); ++i) {
    if (static_cast<size_t>(protocol::kRoutes[i].route) != i) return false;
  }
  for (size_t i = 0; i < kOperatorRoutes.size(); ++i) {
    if (static_cast<size_t>(kOperatorRoutes[i].route) != i) return false;
  }
  return true;
}());

}  // namespace discovery::node
