#include "net/ready_set.h"

#include <sys/epoll.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <system_error>
#include <thread>

namespace discovery::net {

namespace asio = boost::asio;

struct ReadySet::Loop {
  using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

  Loop(asio::io_context& the_io, int epoll) : io(the_io), set(the_io.get_executor(), epoll) {}

  asio::io_context& io;
  Descriptor set;
  std::array<epoll_event, kEventsPerTurn> events;
};

ReadySet::ReadySet(asio::io_context& io, SessionContext& context) : context_(context) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  loop_ = std::make_unique<Loop>(io, epoll);
}

ReadySet::~ReadySet() = default;

bool ReadySet::add(int descriptor, ReadyOwner& owner) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &owner;
  if (::epoll_ctl(loop_->set.native_handle(), EPOLL_CTL_ADD, descriptor, &event) != 0) return false;
  if (!waits_) wait();
  return true;
}

void ReadySet::remove(int descriptor) { ::epoll_ctl(loop_->set.native_handle(), EPOLL_CTL_DEL, descriptor, nullptr); }

void ReadySet::wait() {
  waits_ = true;
  loop_->set.async_wait(Loop::Descriptor::wait_read, [this](const boost::system::error_code& error) {
    if (!error) serve();
  });
}

void ReadySet::serve() {
  const bool gathers = gathering_.pays() && context_.limits.gather > Duration(0);
  if (gathers) std::this_thread::sleep_for(context_.limits.gather);
  const size_t served = take_turn();
  // While it gathers, the pause stands for the wait: one sleep of the thread for many requests instead of two.
  if (served < kEventsPerTurn && !gathers) return wait();
  asio::post(loop_->io, [this] { serve(); });  // behind what else is ready
}

size_t ReadySet::take_turn() {
  const TimePoint begin = context_.clock.now();
  const int n = ::epoll_wait(loop_->set.native_handle(), loop_->events.data(), kEventsPerTurn, 0);
  for (int i = 0; i < n; ++i) {
    const epoll_event& event = loop_->events[static_cast<size_t>(i)];
    const bool ended = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    gathering_.note_event(event.data.ptr);
    static_cast<ReadyOwner*>(event.data.ptr)
        ->on_ready({ended || (event.events & EPOLLIN) != 0, ended || (event.events & EPOLLOUT) != 0, ended});
  }
  const TimePoint end = context_.clock.now();
  context_.stats.turns.note(end - begin);
  gathering_.note_turn(begin, end);
  return n > 0 ? static_cast<size_t>(n) : 0;
}

}  // namespace discovery::net
