#include "integration/http_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace discovery::integration {
namespace {

constexpr std::string_view kCrlf = "\r\n";

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool bind_to(int fd, const std::string& from) {
  sockaddr_in own{};
  own.sin_family = AF_INET;
  return ::inet_pton(AF_INET, from.c_str(), &own.sin_addr) == 1 &&
         ::bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0;
}

/// A connected, non-blocking socket; -1 with errno set.
int connect_to(const Address& address, const Connection::Options& options, const Deadline& deadline) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found) != 0) {
    fail(address.text() + " is no address");
  }
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd >= 0 && options.receive_buffer_bytes > 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer_bytes, sizeof options.receive_buffer_bytes);
  }
  int error = 0;
  if (fd < 0 || (!options.from.empty() && !bind_to(fd, options.from))) {
    error = errno;
  } else if (::connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
    error = errno;
    if (error == EINPROGRESS) {
      socklen_t bytes = sizeof error;
      error = ETIMEDOUT;
      if (wait_for_events(fd, POLLOUT, deadline)) ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &bytes);
    }
  }
  ::freeaddrinfo(found);
  if (error == 0) return fd;
  if (fd >= 0) ::close(fd);
  errno = error;
  return -1;
}

}  // namespace

std::string Address::text() const {
  const bool bracket = host.find(':') != std::string::npos;
  return (bracket ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Address Address::parse(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) fail(text + " is no address");
  std::string host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {host, static_cast<uint16_t>(std::stoul(text.substr(colon + 1)))};
}

std::string Answer::field(const std::string& name) const {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string() : found->second;
}

Connection::Connection(const Address& address, const Options& options) : fd_(connect_to(address, options, Deadline())) {
  if (fd_ < 0) fail("cannot connect to " + address.text() + ": " + std::strerror(errno));
}

Connection::Connection(Connection&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), received_(std::move(other.received_)) {}

bool Connection::possible(const Address& address) {
  const int fd = connect_to(address, {}, Deadline());
  if (fd < 0) return false;
  ::close(fd);
  return true;
}

bool Connection::send(std::string_view bytes) {
  const Deadline deadline;
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno != EAGAIN && errno != EINTR) {
      return false;
    } else if (!wait_for_events(fd_, POLLOUT, deadline)) {
      fail("the server does not read");
    }
  }
  return true;
}

Connection::Read Connection::read_some(const Deadline& deadline) {
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
    if (got > 0) {
      received_.append(buffer, static_cast<size_t>(got));
      return Read::kSome;
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) return Read::kEnd;
    if (!wait_for_events(fd_, POLLIN, deadline)) return Read::kTimeout;
  }
}

void Connection::need_more(const Deadline& deadline) {
  switch (read_some(deadline)) {
    case Read::kSome:
      return;
    case Read::kEnd:
      fail("the server closed the connection; so far: " + received_.substr(0, 500));
    case Read::kTimeout:
      fail("no whole answer in time; so far: " + received_.substr(0, 500));
  }
}

std::string Connection::take(size_t bytes) {
  std::string taken = received_.substr(0, bytes);
  received_.erase(0, bytes);
  return taken;
}

std::string Connection::take_line(const Deadline& deadline) {
  size_t end = 0;
  while ((end = received_.find(kCrlf)) == std::string::npos) need_more(deadline);
  std::string line = take(end + kCrlf.size());
  line.resize(end);
  return line;
}

std::string Connection::take_body(size_t bytes, const Deadline& deadline) {
  while (received_.size() < bytes) need_more(deadline);
  return take(bytes);
}

std::string Connection::take_chunks(const Deadline& deadline) {
  std::string body;
  for (;;) {
    const size_t bytes = std::stoul(take_line(deadline), nullptr, 16);
    if (bytes == 0) break;
    body += take_body(bytes, deadline);
    if (!take_line(deadline).empty()) fail("a chunk is longer than its size says");
  }
  while (!take_line(deadline).empty()) {
  }
  return body;
}

Answer Connection::read_answer(const Deadline& deadline, bool head_only) {
  Answer answer;
  const std::string status_line = take_line(deadline);
  if (!status_line.starts_with("HTTP/1.1 ")) fail("no status line: " + status_line);
  answer.status = std::stoi(status_line.substr(9));
  for (std::string line = take_line(deadline); !line.empty(); line = take_line(deadline)) {
    const size_t colon = line.find(": ");
    if (colon == std::string::npos) fail("no field: " + line);
    answer.fields.emplace(lower(line.substr(0, colon)), line.substr(colon + 2));
  }
  if (head_only || answer.status < 200) return answer;
  if (const std::string length = answer.field("content-length"); !length.empty()) {
    answer.body = take_body(std::stoul(length), deadline);
  } else if (answer.field("transfer-encoding") == "chunked") {
    answer.body = take_chunks(deadline);
  } else {
    answer.body = read_to_end(deadline);
  }
  return answer;
}

bool Connection::readable(const Deadline& deadline) const {
  return !received_.empty() || wait_for_events(fd_, POLLIN, deadline);
}

std::string Connection::read_to_end(const Deadline& deadline) {
  for (;;) {
    switch (read_some(deadline)) {
      case Read::kSome:
        continue;
      case Read::kEnd:
        return take(received_.size());
      case Read::kTimeout:
        fail("the server keeps the connection; so far: " + received_.substr(0, 500));
    }
  }
}

bool Connection::ends(const Deadline& deadline) { return received_.empty() && read_some(deadline) == Read::kEnd; }

void Connection::shutdown_sending() { ::shutdown(fd_, SHUT_WR); }

void Connection::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void Connection::abort() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

std::string get_request(std::string_view target, std::string_view more_fields) {
  std::string text = "GET ";
  text.append(target).append(" HTTP/1.1\r\nHost: test\r\n").append(more_fields).append(kCrlf);
  return text;
}

std::string post_request(std::string_view target, std::string_view form, std::string_view more_fields) {
  std::string text = "POST ";
  text.append(target).append(" HTTP/1.1\r\nHost: test\r\nContent-Type: application/x-www-form-urlencoded\r\n");
  text.append("Content-Length: ").append(std::to_string(form.size())).append(kCrlf);
  return text.append(more_fields).append(kCrlf).append(form);
}

Answer get(const Address& address, std::string_view target, std::string_view more_fields) {
  Connection connection(address);
  connection.send(get_request(target, more_fields));
  return connection.read_answer();
}

Answer post(const Address& address, std::string_view target, std::string_view form, std::string_view more_fields) {
  Connection connection(address);
  connection.send(post_request(target, form, more_fields));
  return connection.read_answer();
}

}  // namespace discovery::integration
