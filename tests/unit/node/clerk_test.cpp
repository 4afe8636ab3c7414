#include "node/clerk.h"

#include <gtest/gtest.h>

#include <future>
#include <vector>

namespace discovery::node {
namespace {

TEST(Clerk, WorksInOrderOnAThreadOfItsOwn) {
  Clerk clerk;
  std::vector<int> done;
  std::promise<std::thread::id> last;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(clerk.give([&done, i] { done.push_back(i); }));
  ASSERT_TRUE(clerk.give([&last] { last.set_value(std::this_thread::get_id()); }));
  EXPECT_NE(last.get_future().get(), std::this_thread::get_id());
  EXPECT_EQ(done, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(Clerk, TakesNoMoreThanMayWait) {
  Clerk clerk;
  std::promise<void> started;
  std::promise<void> go_on;
  ASSERT_TRUE(clerk.give([&] {
    started.set_value();
    go_on.get_future().wait();
  }));
  started.get_future().wait();
  for (size_t i = 0; i < Clerk::kWaitingMax; ++i) EXPECT_TRUE(clerk.give([] {}));
  EXPECT_FALSE(clerk.give([] {}));
  go_on.set_value();
  std::promise<void> again;  // there is room once some is done
  while (!clerk.give([&again] { again.set_value(); })) std::this_thread::yield();
  again.get_future().wait();
}

TEST(Clerk, StopsAfterTheWorkAtHand) {
  Clerk clerk;
  std::promise<void> started;
  bool finished = false;
  ASSERT_TRUE(clerk.give([&] {
    started.set_value();
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    finished = true;
  }));
  started.get_future().wait();
  clerk.stop();
  EXPECT_TRUE(finished);
  EXPECT_FALSE(clerk.give([] {}));
}

}  // namespace
}  // namespace discovery::node
