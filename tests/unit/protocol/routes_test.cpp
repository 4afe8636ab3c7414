#include "protocol/discovery/routes.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace discovery::protocol {
namespace {

TEST(Routes, AreThoseOfTheSpecification) {
  const std::map<std::string, codec::Method> expected{
      {"/discovery/register", codec::Method::kPost}, {"/discovery/renew", codec::Method::kPost},
      {"/discovery/cancel", codec::Method::kPost},   {"/discovery/set", codec::Method::kPost},
      {"/discovery/fetch", codec::Method::kGet},     {"/discovery/fetchs", codec::Method::kGet},
      {"/discovery/fetch/all", codec::Method::kGet}, {"/discovery/poll", codec::Method::kGet},
      {"/discovery/polls", codec::Method::kGet},     {"/discovery/nodes", codec::Method::kGet},
  };
  EXPECT_EQ(kRoutes.size(), expected.size());
  std::map<Route, int> seen;
  for (const auto& [path, method] : expected) {
    const RouteEntry* entry = find_route(path);
    ASSERT_NE(entry, nullptr) << path;
    EXPECT_EQ(entry->method, method) << path;
    ++seen[entry->route];
  }
  EXPECT_EQ(seen.size(), expected.size()) << "each path has a route of its own";
}

TEST(Routes, KnowsNoOtherPath) {
  for (const char* path : {"", "/", "/discovery", "/discovery/", "/discovery/none", "/discovery/nodes/",
                           "/Discovery/nodes", "/discovery/fetch/al", "/discovery/fetch/all/", "discovery/nodes"}) {
    EXPECT_EQ(find_route(path), nullptr) << path;
  }
}

}  // namespace
}  // namespace discovery::protocol
