#include "load/poller.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace discovery::load {

Poller::Poller() : descriptor_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

Poller::~Poller() { ::close(descriptor_); }

void Poller::add(const Client& client, uint64_t index) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = index;
  if (::epoll_ctl(descriptor_, EPOLL_CTL_ADD, client.descriptor(), &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

size_t Poller::wait(std::chrono::nanoseconds longest, FunctionRef<void(uint64_t)> f) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(longest);
  const timespec at_most{whole.count(), (longest - whole).count()};
  const int n = ::epoll_pwait2(descriptor_, events_.data(), static_cast<int>(events_.size()), &at_most, nullptr);
  for (int i = 0; i < n; ++i) f(events_[static_cast<size_t>(i)].data.u64);
  return n < 0 ? 0 : static_cast<size_t>(n);
}

}  // namespace discovery::load
