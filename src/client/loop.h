// Where a client runs: one sequence of work on an io_context, the caller's or one with a thread of its own. Keeps Asio
// out of the files that decide what is asked.
//
// Lifecycle: shared by everything that has work on it. What waits holds what it will call, never the other way round:
// an io_context that is destroyed with work left frees it. Thread: post() from any; work runs one piece at a time, a
// Timer is touched by that work only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace discovery::client {

using Duration = std::chrono::nanoseconds;

class Loop {
 public:
  using Work = std::function<void()>;
  struct Impl;

  [[nodiscard]] static std::shared_ptr<Loop> on(boost::asio::io_context& context);
  /// `failed` is told what escaped from work, on the thread; the thread goes on. std::system_error: no thread.
  [[nodiscard]] static std::shared_ptr<Loop> with_thread(std::function<void(const std::string&)> failed);
  explicit Loop(std::unique_ptr<Impl> impl);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void post(Work work);
  /// Lets an own thread end once no work is left, and waits for that; past `patience`, or when called on that thread,
  /// it is left to end by itself. A caller's io_context: nothing.
  void finish(Duration patience);

  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

class Timer {
 public:
  explicit Timer(std::shared_ptr<Loop> loop);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Instead of what was waiting.
  void start(Duration after, Loop::Work work);
  /// What was waiting is not called any more.
  void cancel();
  [[nodiscard]] bool waiting() const;

 private:
  struct State;
  std::shared_ptr<Loop> loop_;
  std::shared_ptr<State> state_;
};

}  // namespace discovery::client
