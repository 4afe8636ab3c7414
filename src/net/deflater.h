// The thread that compresses what is too large for a turn of a reactor. Until it has, answers with that text go out
// as they are.
//
// Lifecycle: the thread is started by the first text and ended by the destructor. Thread: any. Limits: kWaitingMax
// texts wait; what comes beyond is not compressed.
#pragma once

#include <condition_variable>
#include <deque>
#include <thread>

#include "base/mutex.h"
#include "base/shared_text.h"

namespace discovery::net {

class Deflater {
 public:
  static constexpr size_t kWaitingMax = 64;

  Deflater() = default;
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  void want(SharedBytes text) EXCLUDES(mutex_);

 private:
  void run() EXCLUDES(mutex_);

  Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<SharedBytes> waiting_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::thread thread_ GUARDED_BY(mutex_);
};

}  // namespace discovery::net
