#include "node/routes.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "codec/percent.h"
#include "observe/request_metrics.h"

namespace discovery::node {
namespace {

using cluster::CallKind;
using protocol::Route;

std::vector<std::string_view> paths_of(Need need) {
  std::vector<std::string_view> paths;
  for (const RouteRow& row : kRoutes) {
    if (row.need == need) paths.push_back(row.path);
  }
  return paths;
}

/// How many enumerators of that kind have a row; that each has one only, and that none before the last has none.
size_t targets_of(RouteTarget::Kind kind) {
  std::set<uint8_t> seen;
  for (const RouteRow& row : kRoutes) {
    if (row.target.kind() != kind) continue;
    EXPECT_TRUE(seen.insert(row.target.value()).second) << row.path;
    EXPECT_LT(row.target.value(), kTargetsMax) << row.path;
  }
  EXPECT_EQ(seen.size(), size_t{*seen.rbegin()} + 1) << "an enumerator has no row";
  return seen.size();
}

TEST(Routes, EachEnumeratorStandsOnce) {
  EXPECT_EQ(targets_of(RouteTarget::Kind::kDiscovery), static_cast<size_t>(Route::kNodes) + 1);
  EXPECT_GT(targets_of(RouteTarget::Kind::kOperator), static_cast<size_t>(OperatorRoute::kBrakeRelease));
  EXPECT_EQ(targets_of(RouteTarget::Kind::kPeer), static_cast<size_t>(CallKind::kSync) + 1);
  for (const CallKind kind : {CallKind::kPost, CallKind::kFetchAll}) EXPECT_EQ(route_index(kind), kRoutes.size());
}

TEST(Routes, PathsAreCleanAndEachStandsOnce) {
  std::set<std::string_view> seen;
  for (const RouteRow& row : kRoutes) {
    EXPECT_TRUE(seen.insert(row.path).second) << row.path;
    std::string clean;
    EXPECT_TRUE(codec::clean_path(row.path, clean)) << row.path;
    EXPECT_EQ(clean, row.path);
    EXPECT_EQ(row.path.ends_with('/'), row.below || row.path == "/") << row.path;
  }
}

TEST(Routes, EachIsFoundByItsPathAndItsTarget) {
  for (size_t i = 0; i < kRoutes.size(); ++i) {
    const RouteRow& row = kRoutes[i];
    EXPECT_EQ(find_route(row.path), &row);
    EXPECT_EQ(&row_of(row.target), &row);
    EXPECT_EQ(route_index(row.target), i) << row.path;
    EXPECT_EQ(route_index(row), i) << row.path;
    EXPECT_EQ(kRouteNames.at(i), row.path);
  }
  EXPECT_EQ(kRouteNames.at(kUnknownRouteIndex), kUnknownRoute);
  EXPECT_LE(kRouteNames.size(), observe::RequestMetrics::kRoutesMax);
}

TEST(Routes, WhatLiesBelowIsFoundWhereTheRowSaysSo) {
  EXPECT_EQ(find_route("/page/a.js"), &row_of(OperatorRoute::kPage));
  EXPECT_EQ(find_route("/page/a/b"), &row_of(OperatorRoute::kPage));
  EXPECT_EQ(find_route("/page"), nullptr);
}

TEST(Routes, NothingElseIsFound) {
  for (const std::string_view path : {"",
                                      "//",
                                      "/discovery",
                                      "/discovery/",
                                      "/discovery/none",
                                      "/discovery/nodes/",
                                      "/Discovery/nodes",
                                      "/discovery/fetch/al",
                                      "/discovery/fetch/all/",
                                      "discovery/nodes",
                                      "/discovery/peer",
                                      "/discovery/peer/",
                                      "/discovery/peer/hello/",
                                      "/discovery/peer/HELLO",
                                      "/discovery/peer/hell",
                                      "/discovery/peer/hello2",
                                      "/admin",
                                      "/admin/",
                                      "/api/history/",
                                      "/metrics/",
                                      "/healthz;a=b"}) {
    EXPECT_EQ(find_route(path), nullptr) << path;
  }
}

TEST(Routes, AnybodyIsAnsweredOnTheseAlone) {
  EXPECT_EQ(paths_of(Need::kNothing),
            (std::vector<std::string_view>{"/", "/page/", "/healthz", "/readyz", "/openapi.json"}));
}

TEST(Routes, WritingNeedsTheRightForTheApplication) {
  EXPECT_EQ(paths_of(Need::kWriteApp), (std::vector<std::string_view>{"/discovery/register", "/discovery/renew",
                                                                      "/discovery/cancel", "/discovery/set"}));
}

TEST(Routes, WhatIsNeededFollowsFromThePath) {
  for (const RouteRow& row : kRoutes) {
    EXPECT_EQ(row.path.starts_with("/admin/"), acts(row.need)) << row.path;
    EXPECT_EQ(row.path.starts_with("/discovery/peer/"), row.need == Need::kPeer) << row.path;
    if (row.path.starts_with("/api/")) {
      EXPECT_TRUE(row.need == Need::kReadApp || row.need == Need::kReadAll) << row.path;
    }
  }
}

TEST(Routes, APostChangesAndAGetDoesNot) {
  for (const RouteRow& row : kRoutes) {
    EXPECT_TRUE(row.method == codec::Method::kGet || row.method == codec::Method::kPost) << row.path;
    if (row.need == Need::kWriteApp) {
      EXPECT_EQ(row.method, codec::Method::kPost) << row.path;
    }
    if (row.need == Need::kReadApp || row.need == Need::kReadAll || row.need == Need::kReadAny) {
      EXPECT_EQ(row.method, codec::Method::kGet) << row.path;
    }
  }
}

TEST(Routes, WhoAnswersFitsTheTarget) {
  for (const RouteRow& row : kRoutes) {
    const auto kind = row.target.kind();
    EXPECT_EQ(row.answered_by == AnsweredBy::kDiscoveryApi, kind == RouteTarget::Kind::kDiscovery) << row.path;
    EXPECT_EQ(row.answered_by == AnsweredBy::kPeers, kind == RouteTarget::Kind::kPeer) << row.path;
  }
}

}  // namespace
}  // namespace discovery::node
