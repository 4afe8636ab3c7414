#include "net/worker.h"

#include <pthread.h>

#include <utility>

namespace discovery::net {

Worker::Worker(std::string name, std::function<void()> at_start)
    : name_(std::move(name)), at_start_(std::move(at_start)) {}

bool Worker::give(std::function<void()> work) {
  const MutexLock lock(mutex_);
  if (stopped_ || waiting_.size() == kWaitingMax) return false;
  waiting_.push_back(std::move(work));
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_one();
  return true;
}

void Worker::stop() {
  std::thread thread;
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
    waiting_.clear();
    thread = std::move(thread_);
    changed_.notify_one();
  }
  if (thread.joinable()) thread.join();
}

void Worker::run() {
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  at_start_();
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

}  // namespace discovery::net
