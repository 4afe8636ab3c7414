#include "client/loop.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <utility>

#include "client/loop_impl.h"

namespace discovery::client {

namespace asio = boost::asio;

namespace {

void run(asio::io_context& context, const std::function<void(const std::string&)>& failed) {
  for (;;) {
    try {
      context.run();
      return;
    } catch (const std::exception& e) {
      failed(e.what());
    } catch (...) {
      failed("an unknown exception");
    }
  }
}

}  // namespace

Loop::Loop(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Loop::~Loop() { finish(Duration(0)); }

std::shared_ptr<Loop> Loop::on(asio::io_context& context) {
  return std::make_shared<Loop>(std::make_unique<Impl>(nullptr, context));
}

std::shared_ptr<Loop> Loop::with_thread(std::function<void(const std::string&)> failed) {
  auto own = std::make_shared<asio::io_context>(1);
  auto impl = std::make_unique<Impl>(own, *own);
  impl->guard.emplace(own->get_executor());
  std::promise<void> ended;
  impl->ended = ended.get_future();
  impl->thread = std::thread([own = std::move(own), ended = std::move(ended), failed = std::move(failed)]() mutable {
    run(*own, failed);
    ended.set_value();
  });
  return std::make_shared<Loop>(std::move(impl));
}

void Loop::post(Work work) { asio::post(impl_->strand, std::move(work)); }

void Loop::finish(Duration patience) {
  impl_->guard.reset();
  if (!impl_->thread.joinable()) return;
  const bool on_it = impl_->thread.get_id() == std::this_thread::get_id();
  if (!on_it && impl_->ended.wait_for(patience) == std::future_status::ready) {
    impl_->thread.join();
  } else {
    impl_->thread.detach();
  }
}

struct Timer::State {
  explicit State(const Loop::Impl& loop) : timer(loop.strand) {}

  asio::steady_timer timer;
  uint64_t round = 0;  ///< of the wait that counts
  bool waiting = false;
};

Timer::Timer(std::shared_ptr<Loop> loop) : loop_(std::move(loop)), state_(std::make_shared<State>(loop_->impl())) {}

Timer::~Timer() { cancel(); }

void Timer::start(Duration after, Loop::Work work) {
  const uint64_t round = ++state_->round;
  state_->waiting = true;
  state_->timer.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(after));
  // The handler holds the state, not the timer: that one may be gone when it is called.
  state_->timer.async_wait([state = state_, round, work = std::move(work)](const boost::system::error_code&) {
    if (state->round != round || !state->waiting) return;
    state->waiting = false;
    work();
  });
}

void Timer::cancel() {
  ++state_->round;
  state_->waiting = false;
  state_->timer.cancel();
}

bool Timer::waiting() const { return state_->waiting; }

}  // namespace discovery::client
