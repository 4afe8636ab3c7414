#include "net/connection_limit.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace discovery::net {
namespace {

TEST(ConnectionLimit, AdmitsUpToTheTotal) {
  ConnectionLimit limit(2, 0);
  EXPECT_TRUE(limit.admit("a"));
  EXPECT_TRUE(limit.admit("a"));
  EXPECT_FALSE(limit.admit("b"));
  EXPECT_EQ(limit.open(), 2u);
  limit.release("a");
  EXPECT_TRUE(limit.admit("b"));
}

TEST(ConnectionLimit, AdmitsUpToTheLimitOfAnAddress) {
  ConnectionLimit limit(10, 2);
  EXPECT_TRUE(limit.admit("a"));
  EXPECT_TRUE(limit.admit("a"));
  EXPECT_FALSE(limit.admit("a"));
  EXPECT_TRUE(limit.admit("b"));
  EXPECT_EQ(limit.open(), 3u) << "a refused one is not counted";
  limit.release("a");
  EXPECT_TRUE(limit.admit("a"));
}

TEST(ConnectionLimit, WaitsForTheLast) {
  ConnectionLimit limit(10, 0);
  EXPECT_TRUE(limit.wait_until_none(std::chrono::seconds(0)));
  ASSERT_TRUE(limit.admit("a"));
  ASSERT_TRUE(limit.admit("a"));
  EXPECT_FALSE(limit.wait_until_none(std::chrono::milliseconds(1)));
  std::thread releases([&] {
    limit.release("a");
    limit.release("a");
  });
  EXPECT_TRUE(limit.wait_until_none(std::chrono::seconds(20)));
  releases.join();
}

TEST(ConnectionLimit, CountsRightFromManyThreads) {
  ConnectionLimit limit(4, 3);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&limit, ip = std::string(1, static_cast<char>('a' + t % 2))] {
      for (int i = 0; i < 5000; ++i) {
        if (limit.admit(ip)) limit.release(ip);
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(limit.open(), 0u);
}

}  // namespace
}  // namespace discovery::net
