#include "node/clerk.h"

#include <pthread.h>

#include <utility>

#include "node/background.h"

namespace discovery::node {

Clerk::Clerk() : thread_([this] { run(); }) {}

bool Clerk::give(std::function<void()> work) {
  const MutexLock lock(mutex_);
  if (stopped_ || waiting_.size() == kWaitingMax) return false;
  waiting_.push_back(std::move(work));
  changed_.notify_one();
  return true;
}

void Clerk::stop() {
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
    waiting_.clear();
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Clerk::run() {
  pthread_setname_np(pthread_self(), "clerk");
  give_way();
  while (true) {
    std::function<void()> work;
    {
      const MutexLock lock(mutex_);
      while (waiting_.empty() && !stopped_) changed_.wait(mutex_);
      if (stopped_) return;
      work = std::move(waiting_.front());
      waiting_.pop_front();
    }
    work();
  }
}

}  // namespace discovery::node
