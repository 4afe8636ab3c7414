#include "net/worker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <vector>

namespace discovery::net {
namespace {

TEST(Worker, WorksInOrderOnAThreadOfItsOwn) {
  Worker worker("worker");
  std::vector<int> done;
  std::promise<std::thread::id> last;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(worker.give([&done, i] { done.push_back(i); }));
  ASSERT_TRUE(worker.give([&last] { last.set_value(std::this_thread::get_id()); }));
  EXPECT_NE(last.get_future().get(), std::this_thread::get_id());
  EXPECT_EQ(done, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(Worker, BeginsWithWhatItIsToldToAndOnlyWhenThereIsWork) {
  std::promise<std::string> name;
  std::atomic<bool> began = false;
  Worker worker("sixteen letters!", [&began] { began = true; });
  EXPECT_FALSE(began);
  ASSERT_TRUE(worker.give([&] {
    char shown[16] = {};
    pthread_getname_np(pthread_self(), shown, sizeof shown);
    name.set_value(began ? shown : "not begun");
  }));
  EXPECT_EQ(name.get_future().get(), "sixteen letters");
}

TEST(Worker, TakesNoMoreThanMayWait) {
  Worker worker("worker");
  std::promise<void> started;
  std::promise<void> go_on;
  ASSERT_TRUE(worker.give([&] {
    started.set_value();
    go_on.get_future().wait();
  }));
  started.get_future().wait();
  for (size_t i = 0; i < Worker::kWaitingMax; ++i) EXPECT_TRUE(worker.give([] {}));
  EXPECT_FALSE(worker.give([] {}));
  go_on.set_value();
  std::promise<void> again;  // there is room once some is done
  while (!worker.give([&again] { again.set_value(); })) std::this_thread::yield();
  again.get_future().wait();
}

TEST(Worker, StopsAfterTheWorkAtHand) {
  Worker worker("worker");
  std::promise<void> started;
  bool finished = false;
  ASSERT_TRUE(worker.give([&] {
    started.set_value();
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    finished = true;
  }));
  started.get_future().wait();
  worker.stop();
  EXPECT_TRUE(finished);
  worker.stop();
  EXPECT_FALSE(worker.give([] {}));
}

}  // namespace
}  // namespace discovery::net
