#include "net/process_channel.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/bytes.h"

namespace discovery::net {
namespace {

constexpr size_t kHeadBytes = 6;
constexpr size_t kReadBytes = size_t{128} * 1024;
constexpr size_t kDescriptorsInCall = 253;  // SCM_MAX_FD: what one call can bring

Error gone(std::string_view why) { return {ErrorCode::kUnavailable, "the other process " + std::string(why)}; }
Error failed(const char* step) {
  return gone(std::string("cannot be reached: ") + step + ": " + std::generic_category().message(errno));
}

/// Takes the descriptors of a call into `out`.
void take_descriptors(msghdr& message, std::deque<Descriptor>& out) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(c) + i * sizeof(int), sizeof number);
      out.emplace_back(number);
    }
  }
}

}  // namespace

Result<std::pair<Descriptor, Descriptor>> ProcessChannel::make_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return failed("socketpair");
  }
  return std::pair{Descriptor(ends[0]), Descriptor(ends[1])};
}

ProcessChannel::ProcessChannel(Descriptor socket, size_t bytes_max)
    : socket_(std::move(socket)), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), bytes_max_(bytes_max) {
  ::fcntl(socket_.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(socket_.get(), F_SETFD, FD_CLOEXEC);
}

void ProcessChannel::wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
}

Result<void> ProcessChannel::wait(short events, Duration at_most) {
  std::array<pollfd, 2> polled{{{socket_.get(), events, 0}, {wake_.get(), POLLIN, 0}}};
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(std::max(at_most, Duration::zero())).count();
  const nfds_t count = (events & POLLOUT) == 0 ? 2 : 1;
  if (::poll(polled.data(), count, static_cast<int>(std::min<int64_t>(ms, INT32_MAX))) < 0 && errno != EINTR) {
    return failed("poll");
  }
  return {};
}

Result<void> ProcessChannel::send(uint8_t kind, std::string_view bytes, std::span<const int> descriptors) {
  if (bytes.size() > bytes_max_ || descriptors.size() > kDescriptorsMax) {
    return invalid("a message that is too long for the other process");
  }
  std::string head;
  append_le(head, static_cast<uint32_t>(bytes.size()));
  append_le(head, kind);
  append_le(head, static_cast<uint8_t>(descriptors.size()));
  if (auto sent = send_bytes(head, descriptors); !sent) return sent;
  return send_bytes(bytes, {});
}

Result<void> ProcessChannel::send_bytes(std::string_view bytes, std::span<const int> descriptors) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kDescriptorsMax)> control{};
  const auto until = std::chrono::steady_clock::now() + patience_;
  while (!bytes.empty()) {
    iovec vector{const_cast<char*>(bytes.data()), bytes.size()};  // sendmsg() only reads
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    if (!descriptors.empty()) {
      message.msg_control = control.data();
      message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
      cmsghdr* const c = CMSG_FIRSTHDR(&message);
      c->cmsg_level = SOL_SOCKET;
      c->cmsg_type = SCM_RIGHTS;
      c->cmsg_len = CMSG_LEN(descriptors.size_bytes());
      std::memcpy(CMSG_DATA(c), descriptors.data(), descriptors.size_bytes());
    }
    const ssize_t n = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    if (n > 0) {
      bytes.remove_prefix(static_cast<size_t>(n));
      descriptors = {};
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == ETOOMANYREFS &&
        std::chrono::steady_clock::now() < until) {  // descriptors on their way: limited by user
      ::poll(nullptr, 0, 1);
      continue;
    }
    if (errno != EAGAIN) return failed("send");
    pollfd room{socket_.get(), POLLOUT | POLLIN, 0};
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(patience_).count();
    if (::poll(&room, 1, static_cast<int>(ms)) == 0) return gone("takes nothing");
    if ((room.revents & POLLIN) == 0) continue;
    if (inbox_.size() - read_ > kInboxMax) return gone("sends more than fits");
    if (auto done = read_some(); !done) return done;
  }
  return {};
}

Result<void> ProcessChannel::read_some() {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kDescriptorsInCall)> control{};
  inbox_.erase(0, std::exchange(read_, 0));
  const size_t before = inbox_.size();
  inbox_.resize(before + kReadBytes);
  iovec vector{inbox_.data() + before, kReadBytes};
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t n = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
  const int error = errno;
  inbox_.resize(before + static_cast<size_t>(std::max<ssize_t>(n, 0)));
  if (n < 0) {
    if (error == EAGAIN || error == EINTR) return {};
    errno = error;
    ended_ = true;
    return failed("receive");
  }
  take_descriptors(message, descriptors_);
  if ((message.msg_flags & MSG_CTRUNC) != 0) return invalid("descriptors of the other process were lost");
  ended_ = n == 0;
  return {};
}

Result<std::optional<ProcessChannel::Message>> ProcessChannel::take_message() {
  std::string_view rest = std::string_view(inbox_).substr(read_);
  if (rest.size() < kHeadBytes) return std::optional<Message>();
  const auto bytes = take_le<uint32_t>(rest);
  Message message;
  message.kind = take_le<uint8_t>(rest);
  const size_t descriptors = take_le<uint8_t>(rest);
  if (bytes > bytes_max_ || descriptors > kDescriptorsMax) return invalid("what the other process sent is no message");
  if (rest.size() < bytes) return std::optional<Message>();
  if (descriptors > descriptors_.size()) return invalid("a message of the other process lacks descriptors");
  message.bytes = rest.substr(0, bytes);
  read_ += kHeadBytes + bytes;
  for (size_t i = 0; i < descriptors; ++i) {
    message.descriptors.push_back(std::move(descriptors_.front()));
    descriptors_.pop_front();
  }
  return std::optional(std::move(message));
}

Result<std::optional<ProcessChannel::Message>> ProcessChannel::receive(Duration at_most) {
  const auto until = std::chrono::steady_clock::now() + at_most;
  for (;;) {
    auto message = take_message();
    if (!message || *message) return message;
    if (ended_) return gone("has ended");
    if (auto read = read_some(); !read) return read.error();
    message = take_message();
    if (!message || *message) return message;
    if (ended_) continue;
    uint64_t woken = 0;
    if (::read(wake_.get(), &woken, sizeof woken) > 0) return std::optional<Message>();
    const Duration left = until - std::chrono::steady_clock::now();
    if (left <= Duration::zero()) return std::optional<Message>();
    if (auto waited = wait(POLLIN, left); !waited) return waited.error();
  }
}

}  // namespace discovery::net
