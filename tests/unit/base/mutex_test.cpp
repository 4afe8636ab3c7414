#include "base/mutex.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace discovery {
namespace {

struct Guarded {
  Mutex mutex;
  int count GUARDED_BY(mutex) = 0;
};

TEST(Mutex, KeepsThreadsApart) {
  Guarded g;
  constexpr int kThreads = 4;
  constexpr int kRounds = 5000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&g] {
      for (int i = 0; i < kRounds; ++i) {
        const MutexLock lock(g.mutex);
        ++g.count;
      }
    });
  }
  for (std::thread& t : threads) t.join();
  const MutexLock lock(g.mutex);
  EXPECT_EQ(g.count, kThreads * kRounds);
}

TEST(Mutex, IsFreeAgainAfterTheScope) {
  Guarded g;
  {
    const MutexLock lock(g.mutex);
    g.count = 1;
  }
  g.mutex.lock();
  EXPECT_EQ(g.count, 1);
  g.mutex.unlock();
}

}  // namespace
}  // namespace discovery
