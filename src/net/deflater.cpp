#include "net/deflater.h"

#include <pthread.h>

#include <utility>

#include "codec/gzip.h"

namespace discovery::net {

Deflater::~Deflater() {
  std::thread thread;
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
    thread = std::move(thread_);
    changed_.notify_one();
  }
  if (thread.joinable()) thread.join();
}

void Deflater::want(SharedBytes text) {
  const MutexLock lock(mutex_);
  if (waiting_.size() == kWaitingMax) return;
  waiting_.push_back(std::move(text));
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_one();
}

void Deflater::run() {
  pthread_setname_np(pthread_self(), "deflate");
  while (true) {
    SharedBytes text;
    {
      const MutexLock lock(mutex_);
      while (waiting_.empty() && !stopped_) changed_.wait(mutex_);
      if (stopped_) return;
      text = std::move(waiting_.front());
      waiting_.pop_front();
    }
    if (text.use_count() > 1) text->keep(codec::deflate_text(text->text()));  // else nobody has it any more
  }
}

}  // namespace discovery::net
