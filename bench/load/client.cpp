#include "load/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>

namespace discovery::load {
namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

constexpr std::string_view kSuccess = "{\"code\":0,";
constexpr size_t kHeadBytesMax = 16 * 1024;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// The value of a field of `head`; `name` in lower case with its colon.
std::string_view field_of(std::string_view head, std::string_view name) {
  size_t at = head.find("\r\n");
  while (at != std::string_view::npos && at + 2 + name.size() <= head.size()) {
    const size_t begin = at + 2;
    const size_t end = head.find("\r\n", begin);
    const std::string_view line = head.substr(begin, end - begin);
    if (line.size() >= name.size() &&
        std::equal(name.begin(), name.end(), line.begin(), [](char n, char c) { return n == lower(c); })) {
      const size_t value = line.find_first_not_of(' ', name.size());
      return value == std::string_view::npos ? std::string_view() : line.substr(value);
    }
    at = end;
  }
  return {};
}

bool to_address(const std::string& text, in_addr& into) { return inet_pton(AF_INET, text.c_str(), &into) == 1; }

/// Without a port of its own, which connect() then chooses: else all connections would share one set of ports.
bool bind_source(int descriptor, const std::string& source) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  const int on = 1;
  return to_address(source, address.sin_addr) &&
         ::setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) == 0 &&
         ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

Endpoint Endpoint::parse(std::string_view text) {
  Endpoint e;
  const size_t colon = text.rfind(':');
  const std::string_view port = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), e.port);
  e.address = std::string(text.substr(0, colon));
  in_addr ignored{};
  if (error != std::errc() || end != port.data() + port.size() || !to_address(e.address, ignored)) {
    throw std::invalid_argument("not an IPv4 address with a port: " + std::string(text));
  }
  return e;
}

Client::Client(const Endpoint& to) : discovery_(to.discovery) {
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) fail("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(to.port);
  to_address(to.address, address.sin_addr);
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if ((!to.source.empty() && !bind_source(descriptor_, to.source)) ||
      ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    ::close(descriptor_);
    errno = error;
    fail("connect");
  }
}

Client::~Client() { ::close(descriptor_); }

void Client::send(std::string_view request, size_t keep_bytes) {
  head_.clear();
  body_.clear();
  awaits_ = true;
  in_body_ = success_ = compressed_ = false;
  keep_bytes_ = keep_bytes;
  first_byte_at_ = {};
  sent_at_ = Clock::now();
  while (!request.empty()) {  // the socket blocks for writing: requests are far smaller than its buffer
    const ssize_t n = ::send(descriptor_, request.data(), request.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;  // the next read() tells
    request.remove_prefix(static_cast<size_t>(n));
  }
}

Client::Arrival Client::read(std::span<char> scratch) {
  while (true) {
    const ssize_t n = ::recv(descriptor_, scratch.data(), scratch.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Arrival::kMore;
    if (n <= 0 || !awaits_) return Arrival::kClosed;
    if (first_byte_at_ == Clock::time_point{}) first_byte_at_ = Clock::now();
    std::string_view bytes(scratch.data(), static_cast<size_t>(n));
    if (!in_body_) {
      const size_t had = head_.size();
      head_.append(bytes.substr(0, kHeadBytesMax));
      const size_t end = head_.find("\r\n\r\n", had < 3 ? 0 : had - 3);
      if (end == std::string::npos) {
        if (head_.size() >= kHeadBytesMax) return Arrival::kClosed;
        continue;
      }
      head_bytes_ = end + 4;
      if (!take_head()) return Arrival::kClosed;
      bytes.remove_prefix(head_bytes_ - had);
      head_.resize(head_bytes_ + std::min(bytes.size(), kSuccess.size()));
      in_body_ = true;
      left_ = length_;
    } else if (head_.size() < head_bytes_ + kSuccess.size()) {
      head_.append(bytes.substr(0, head_bytes_ + kSuccess.size() - head_.size()));
    }
    if (bytes.size() > left_) return Arrival::kClosed;
    left_ -= bytes.size();
    if (keep_bytes_ > 0) keep(bytes);
    if (left_ > 0) continue;
    awaits_ = false;
    judge();
    return Arrival::kAnswer;
  }
}

bool Client::take_head() {
  const std::string_view head = std::string_view(head_).substr(0, head_bytes_);
  if (!head.starts_with("HTTP/1.1 ") || head.size() < 12) return false;
  std::from_chars(head.data() + 9, head.data() + 12, status_);
  const std::string_view length = field_of(head, "content-length:");
  return std::from_chars(length.data(), length.data() + length.size(), length_).ec == std::errc() && !length.empty();
}

void Client::keep(std::string_view bytes) {
  body_.append(bytes);
  if (body_.size() > 2 * keep_bytes_) body_.erase(0, body_.size() - keep_bytes_);
}

void Client::judge() {
  const bool coded = std::string_view(head_).substr(head_bytes_).starts_with(kSuccess);
  compressed_ = !field_of(std::string_view(head_).substr(0, head_bytes_), "content-encoding:").empty();
  success_ = status_ == 200 && (!discovery_ || coded || compressed_);
}

}  // namespace discovery::load
