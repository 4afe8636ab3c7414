// The routes under /discovery/ (spec: discovery-api.md 1.2). The table is what dispatch reads.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "codec/http.h"

namespace discovery::protocol {

enum class Route : uint8_t { kRegister, kRenew, kCancel, kSet, kFetch, kFetchs, kFetchAll, kPoll, kPolls, kNodes };

struct RouteEntry {
  codec::Method method;
  std::string_view path;
  Route route;
};

inline constexpr std::array<RouteEntry, 10> kRoutes{{
    {codec::Method::kPost, "/discovery/register", Route::kRegister},
    {codec::Method::kPost, "/discovery/renew", Route::kRenew},
    {codec::Method::kPost, "/discovery/cancel", Route::kCancel},
    {codec::Method::kPost, "/discovery/set", Route::kSet},
    {codec::Method::kGet, "/discovery/fetch", Route::kFetch},
    {codec::Method::kGet, "/discovery/fetchs", Route::kFetchs},
    {codec::Method::kGet, "/discovery/fetch/all", Route::kFetchAll},
    {codec::Method::kGet, "/discovery/poll", Route::kPoll},
    {codec::Method::kGet, "/discovery/polls", Route::kPolls},
    {codec::Method::kGet, "/discovery/nodes", Route::kNodes},
}};

/// Null when no route has that path, whatever its method.
constexpr const RouteEntry* find_route(std::string_view path) {
  for (const RouteEntry& r : kRoutes) {
    if (r.path == path) return &r;
  }
  return nullptr;
}

}  // namespace discovery::protocol
