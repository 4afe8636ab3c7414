// Every route of the daemon in one table: the Discovery API, what the daemon itself answers, and the peer protocol.
//
// The table is the source of dispatch (front_door.h), of what a caller must be allowed, of which listener shows what
// (operator_api.h) and of the names under which requests are counted. A new route is an enumerator and a row; its place
// in either is free. The index of a row is the index of its metrics.
//
// Routes outside /discovery/ answer with HTTP statuses and, on errors, a JSON body {"error": text}; under /discovery/
// discovery-api.md 1.5 holds.
//
// Pure functions. Cost of find_route(): a comparison with each path of the same length up to the one that is meant, so
// those that clients call all day stand first.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "cluster/transport.h"
#include "codec/http.h"
#include "protocol/discovery/routes.h"

namespace discovery::node {

enum class OperatorRoute : uint8_t {
  kIndex,
  kPage,
  kHealth,
  kReady,
  kOpenApi,
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

/// Who makes the answer.
enum class AnsweredBy : uint8_t {
  kDiscoveryApi,  ///< the Discovery API, at once or when the registry says so
  kReactor,       ///< at once
  kClerk,         ///< it walks the registry, waits for another thread or reads files: not for a reactor
  kComparer,      ///< it waits for another node: not for the clerk either, whom scrapes need
  kExplainer,     ///< the same, but not for long: it does not wait behind a comparison
  kFeed,          ///< when something happens (event_feed.h)
  kPeers,         ///< the cluster's thread (peer_desk.h)
};

/// What a caller must be allowed.
enum class Need : uint8_t {
  kNothing,   ///< anybody is answered
  kReadAny,   ///< to read anything at all
  kReadApp,   ///< to read the applications that the request names
  kReadAll,   ///< to read everything
  kWriteApp,  ///< to write the application that the request names
  kAdminApp,  ///< to act on the application that the request names
  kAdmin,     ///< to act on the node
  kPeer,      ///< to be a node of the cluster
};

/// Whether it changes something here by the word of an operator.
[[nodiscard]] constexpr bool acts(Need need) { return need == Need::kAdminApp || need == Need::kAdmin; }

/// What a row leads to: an enumerator of one of three kinds.
class RouteTarget {
 public:
  enum class Kind : uint8_t { kDiscovery, kOperator, kPeer };

  // NOLINTBEGIN(google-explicit-constructor): a row names the enumerator and nothing else
  constexpr RouteTarget(protocol::Route route) : kind_(Kind::kDiscovery), value_(static_cast<uint8_t>(route)) {}
  constexpr RouteTarget(OperatorRoute route) : kind_(Kind::kOperator), value_(static_cast<uint8_t>(route)) {}
  constexpr RouteTarget(cluster::CallKind kind) : kind_(Kind::kPeer), value_(static_cast<uint8_t>(kind)) {}
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] constexpr Kind kind() const { return kind_; }
  [[nodiscard]] constexpr uint8_t value() const { return value_; }
  /// Each of them only for its kind.
  [[nodiscard]] constexpr protocol::Route as_discovery() const { return static_cast<protocol::Route>(value_); }
  [[nodiscard]] constexpr OperatorRoute as_operator() const { return static_cast<OperatorRoute>(value_); }
  [[nodiscard]] constexpr cluster::CallKind as_peer() const { return static_cast<cluster::CallKind>(value_); }

  constexpr bool operator==(const RouteTarget&) const = default;

 private:
  Kind kind_;
  uint8_t value_;
};

using cluster::CallKind;
using codec::Method;

struct RouteRow {
  Method method;
  std::string_view path;  ///< clean (discovery-api.md 1.3)
  RouteTarget target;
  AnsweredBy answered_by;
  Need need;
  bool below = false;  ///< every path that begins with `path` is meant too
};

inline constexpr auto kRoutes = std::to_array<RouteRow>({
    {Method::kPost, "/discovery/register", protocol::Route::kRegister, AnsweredBy::kDiscoveryApi, Need::kWriteApp},
    {Method::kPost, "/discovery/renew", protocol::Route::kRenew, AnsweredBy::kDiscoveryApi, Need::kWriteApp},
    {Method::kPost, "/discovery/cancel", protocol::Route::kCancel, AnsweredBy::kDiscoveryApi, Need::kWriteApp},
    {Method::kPost, "/discovery/set", protocol::Route::kSet, AnsweredBy::kDiscoveryApi, Need::kWriteApp},
    {Method::kGet, "/discovery/fetch", protocol::Route::kFetch, AnsweredBy::kDiscoveryApi, Need::kReadApp},
    {Method::kGet, "/discovery/fetchs", protocol::Route::kFetchs, AnsweredBy::kDiscoveryApi, Need::kReadApp},
    {Method::kGet, "/discovery/fetch/all", protocol::Route::kFetchAll, AnsweredBy::kDiscoveryApi, Need::kReadAll},
    {Method::kGet, "/discovery/poll", protocol::Route::kPoll, AnsweredBy::kDiscoveryApi, Need::kReadApp},
    {Method::kGet, "/discovery/polls", protocol::Route::kPolls, AnsweredBy::kDiscoveryApi, Need::kReadApp},
    {Method::kGet, "/discovery/nodes", protocol::Route::kNodes, AnsweredBy::kDiscoveryApi, Need::kReadAny},
    {Method::kGet, "/", OperatorRoute::kIndex, AnsweredBy::kReactor, Need::kNothing},
    {Method::kGet, "/page/", OperatorRoute::kPage, AnsweredBy::kReactor, Need::kNothing, true},
    {Method::kGet, "/healthz", OperatorRoute::kHealth, AnsweredBy::kReactor, Need::kNothing},
    {Method::kGet, "/readyz", OperatorRoute::kReady, AnsweredBy::kReactor, Need::kNothing},
    {Method::kGet, "/openapi.json", OperatorRoute::kOpenApi, AnsweredBy::kClerk, Need::kNothing},
    {Method::kGet, "/metrics", OperatorRoute::kMetrics, AnsweredBy::kClerk, Need::kReadAll},
    {Method::kPost, "/admin/reload", OperatorRoute::kAdminReload, AnsweredBy::kClerk, Need::kAdmin},
    {Method::kPost, "/admin/drain", OperatorRoute::kAdminDrain, AnsweredBy::kReactor, Need::kAdmin},
    {Method::kPost, "/admin/log-level", OperatorRoute::kAdminLogLevel, AnsweredBy::kReactor, Need::kAdmin},
    {Method::kGet, "/admin/state", OperatorRoute::kAdminState, AnsweredBy::kClerk, Need::kAdmin},
    {Method::kGet, "/admin/cluster", OperatorRoute::kAdminCluster, AnsweredBy::kClerk, Need::kAdmin},
    {Method::kPost, "/admin/cluster/remove", OperatorRoute::kAdminClusterRemove, AnsweredBy::kClerk, Need::kAdmin},
    {Method::kGet, "/api/history", OperatorRoute::kHistory, AnsweredBy::kClerk, Need::kReadApp},
    {Method::kGet, "/api/explain", OperatorRoute::kExplain, AnsweredBy::kExplainer, Need::kReadApp},
    {Method::kGet, "/api/overview", OperatorRoute::kOverview, AnsweredBy::kClerk, Need::kReadAll},
    {Method::kGet, "/api/rates", OperatorRoute::kRates, AnsweredBy::kClerk, Need::kReadAll},
    {Method::kGet, "/api/services", OperatorRoute::kServices, AnsweredBy::kClerk, Need::kReadAll},
    {Method::kGet, "/api/service", OperatorRoute::kService, AnsweredBy::kClerk, Need::kReadApp},
    {Method::kGet, "/api/clients", OperatorRoute::kClients, AnsweredBy::kClerk, Need::kReadAll},
    {Method::kGet, "/api/digest", OperatorRoute::kDigest, AnsweredBy::kClerk, Need::kReadAll},
    {Method::kGet, "/api/records", OperatorRoute::kRecords, AnsweredBy::kClerk, Need::kReadApp},
    {Method::kGet, "/api/compare", OperatorRoute::kCompare, AnsweredBy::kComparer, Need::kReadAll},
    {Method::kGet, "/api/events", OperatorRoute::kEvents, AnsweredBy::kFeed, Need::kReadAll},
    {Method::kPost, "/admin/instance/set", OperatorRoute::kInstanceSet, AnsweredBy::kClerk, Need::kAdminApp},
    {Method::kPost, "/admin/instance/cancel", OperatorRoute::kInstanceCancel, AnsweredBy::kClerk, Need::kAdminApp},
    {Method::kPost, "/admin/brake/release", OperatorRoute::kBrakeRelease, AnsweredBy::kClerk, Need::kAdminApp},
    {Method::kPost, "/admin/upgrade", OperatorRoute::kAdminUpgrade, AnsweredBy::kComparer, Need::kAdmin},
    {Method::kGet, "/discovery/peer/hello", CallKind::kHello, AnsweredBy::kPeers, Need::kPeer},
    {Method::kPost, "/discovery/peer/push", CallKind::kPush, AnsweredBy::kPeers, Need::kPeer},
    {Method::kPost, "/discovery/peer/digest", CallKind::kDigest, AnsweredBy::kPeers, Need::kPeer},
    {Method::kPost, "/discovery/peer/leaves", CallKind::kLeaves, AnsweredBy::kPeers, Need::kPeer},
    {Method::kPost, "/discovery/peer/sync", CallKind::kSync, AnsweredBy::kPeers, Need::kPeer},
});

inline constexpr size_t kPathBytesMax =
    std::ranges::max(kRoutes, {}, [](const RouteRow& r) { return r.path.size(); }).path.size();

/// The rows whose paths are `n` bytes long: rows[begin[n]] to rows[begin[n + 1]], in the order of the table. Arrays of
/// the language: they are read for each request, and a hardened library looks at each index of its own.
struct RowsByLength {
  uint8_t rows[kRoutes.size()] = {};
  uint8_t begin[kPathBytesMax + 2] = {};
};
inline constexpr RowsByLength kRowsByLength = [] {
  RowsByLength by;
  size_t filled = 0;
  for (size_t bytes = 0; bytes <= kPathBytesMax; ++bytes) {
    for (size_t i = 0; i < kRoutes.size(); ++i) {
      if (kRoutes[i].path.size() == bytes) by.rows[filled++] = static_cast<uint8_t>(i);
    }
    by.begin[bytes + 1] = static_cast<uint8_t>(filled);
  }
  return by;
}();

/// The row below which the path lies; null when there is none.
[[gnu::noinline]] constexpr const RouteRow* find_above(std::string_view path) {
  for (const RouteRow& row : kRoutes) {
    if (row.below && path.starts_with(row.path)) return &row;
  }
  return nullptr;
}

/// The row of a clean path, whatever its method; null when there is none.
constexpr const RouteRow* find_route(std::string_view path) {
  if (path.size() <= kPathBytesMax) {
    const size_t end = kRowsByLength.begin[path.size() + 1];
    for (size_t i = kRowsByLength.begin[path.size()]; i < end; ++i) {
      const RouteRow* const row = kRoutes.data() + kRowsByLength.rows[i];
      if (std::char_traits<char>::compare(row->path.data(), path.data(), path.size()) == 0) return row;
    }
  }
  return find_above(path);
}

inline constexpr size_t kTargetKinds = 3;
inline constexpr size_t kTargetsMax = 64;  ///< enumerators of a kind

/// The rows' indexes by kind and enumerator; kRoutes.size() where there is none.
struct RouteIndexes {
  uint8_t of[kTargetKinds][kTargetsMax] = {};
};
inline constexpr RouteIndexes kRouteIndexes = [] {
  RouteIndexes indexes;
  for (auto& of_kind : indexes.of) std::ranges::fill(of_kind, static_cast<uint8_t>(kRoutes.size()));
  for (size_t i = 0; i < kRoutes.size(); ++i) {
    const RouteTarget target = kRoutes[i].target;
    indexes.of[static_cast<size_t>(target.kind())][target.value()] = static_cast<uint8_t>(i);
  }
  return indexes;
}();

/// The index of the row, and of its metrics. kRoutes.size() for the calls that only originals know (CallKind::kPost,
/// kFetchAll): there is none.
constexpr size_t route_index(RouteTarget target) {
  return kRouteIndexes.of[static_cast<size_t>(target.kind())][target.value()];
}
constexpr size_t route_index(const RouteRow& row) { return static_cast<size_t>(&row - kRoutes.data()); }

/// Of a target that has a row.
constexpr const RouteRow& row_of(RouteTarget target) {
  const size_t index = route_index(target);
  DISCOVERY_CHECK(index < kRoutes.size(), "a row is asked for that there is");
  return kRoutes[index];
}

/// What is not in the table is counted here.
inline constexpr std::string_view kUnknownRoute = "unknown";
inline constexpr size_t kUnknownRouteIndex = kRoutes.size();

inline constexpr auto kRouteNames = [] {
  std::array<std::string_view, kRoutes.size() + 1> names{};
  std::ranges::transform(kRoutes, names.begin(), &RouteRow::path);
  names.back() = kUnknownRoute;
  return names;
}();

}  // namespace discovery::node
