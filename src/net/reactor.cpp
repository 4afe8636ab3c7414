#include "net/reactor.h"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>
#include <utility>

namespace discovery::net {

namespace asio = boost::asio;

namespace {
/// The reactor whose thread this is. Not read off std::thread, which start() may still be assigning while another
/// reactor runs already and asks.
thread_local const Reactor* current_reactor = nullptr;
}  // namespace

struct Reactor::Loop {
  using Timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                                           asio::io_context::executor_type>;

  asio::io_context io{1};  // one thread: Asio leaves out its own locking of the queue where it can
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  Timer timer{io.get_executor()};
  std::thread thread;
};

Reactor::Reactor(const Clock& clock, std::string name)
    : clock_(clock), name_(std::move(name)), loop_(std::make_unique<Loop>()), wheel_(clock.now()) {}

Reactor::~Reactor() { stop(); }

boost::asio::io_context& Reactor::io() { return loop_->io; }

void Reactor::start() {
  arm_timer(now() + kLagProbe);
  loop_->thread = std::thread([this] {
    current_reactor = this;
    pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
    loop_->io.run();
  });
}

void Reactor::stop() {
  loop_->io.stop();
  if (loop_->thread.joinable()) loop_->thread.join();
}

bool Reactor::on_own_thread() const { return current_reactor == this; }

void Reactor::post(std::function<void()> work) { asio::post(loop_->io, std::move(work)); }

void Reactor::request_turn() {
  if (turn_requested_.exchange(true, std::memory_order_acq_rel)) return;
  asio::post(loop_->io, [this] { run_hooks(); });
}

void Reactor::schedule(TimerEntry& entry, TimePoint deadline) {
  wheel_.schedule(entry, deadline);
  if (deadline < armed_ && !in_timer_) arm_timer(deadline);
}

void Reactor::arm_timer(TimePoint when) {
  armed_ = when;
  loop_->timer.expires_after(std::max(when - now(), Duration(0)));
  loop_->timer.async_wait([this](const boost::system::error_code& error) {
    if (!error) on_timer();
  });
}

void Reactor::on_timer() {
  const TurnWatch watch(stats_);
  const TimePoint now = clock_.now();
  stats_.lags.note(now - armed_);
  in_timer_ = true;
  wheel_.advance(now);
  in_timer_ = false;
  if (hooks_due_ && *hooks_due_ <= now) {
    hooks_due_.reset();
    request_turn();
  }
  arm_next();
}

void Reactor::arm_next() {
  TimePoint next = now() + kLagProbe;
  if (const auto wake = wheel_.next_wake()) next = std::min(next, *wake);
  if (hooks_due_) next = std::min(next, *hooks_due_);
  arm_timer(next);
}

void Reactor::run_hooks() {
  const TurnWatch watch(stats_);
  turn_requested_.store(false, std::memory_order_release);  // before they look: what comes now asks anew
  const TimePoint now = clock_.now();
  hooks_due_.reset();
  for (TurnHook* hook : hooks_) {
    const std::optional<TimePoint> next = hook->on_turn(now);
    if (next && (!hooks_due_ || *next < *hooks_due_)) hooks_due_ = next;
  }
  if (!hooks_due_) return;
  if (*hooks_due_ <= now) {
    hooks_due_.reset();
    request_turn();
  } else if (*hooks_due_ < armed_) {
    arm_timer(*hooks_due_);
  }
}

}  // namespace discovery::net
