// A small client of etcd over a plain socket: HTTP/2 by nghttp2 (unit/grpc/http2_client.h), messages by protobuf.
//
// Thread: the test's. Errors: std::runtime_error when the daemon does not answer in time.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>

#include "integration/daemon.h"
#include "integration/deadline.h"
#include "protocol/etcd/etcd_registry.pb.h"
#include "unit/grpc/http2_client.h"

namespace discovery::integration {

namespace pb = etcdserverpb;

/// Of a daemon that serves clients of etcd, as its start table says.
[[nodiscard]] inline Address etcd_of(Daemon& daemon) {
  for (const std::string& line : lines_of(daemon.process().standard_output())) {
    if (!line.starts_with("etcd ")) continue;
    const size_t begin = line.find_first_not_of(' ', 5);
    return Address::parse(line.substr(begin, line.find(' ', begin) - begin));
  }
  throw std::runtime_error("no line of etcd in the start table");
}

class EtcdClient {
 public:
  explicit EtcdClient(const Address& address) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(address.port);
    if (::inet_pton(AF_INET, address.host.c_str(), &to.sin_addr) != 1 ||
        ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
      ::close(fd_);
      throw std::runtime_error("cannot connect to " + address.text());
    }
  }
  ~EtcdClient() { ::close(fd_); }
  EtcdClient(const EtcdClient&) = delete;
  EtcdClient& operator=(const EtcdClient&) = delete;

  /// The status as "0", "7 etcdserver: permission denied".
  template <class Request, class Answer>
  std::string ask(const std::string& method, const Request& request, Answer& answer, const grpc::Fields& fields = {}) {
    const int32_t id = http2_.ask("/etcdserverpb." + method, request.SerializeAsString(), fields);
    turn_until([&] { return http2_.answer(id).closed; });
    const auto messages = http2_.answer(id).messages();
    if (!messages.empty() && !answer.ParseFromString(messages.front())) throw std::runtime_error("not an answer");
    return http2_.answer(id).status();
  }
  std::string put(const std::string& key, const std::string& value, int64_t lease = 0,
                  const grpc::Fields& fields = {}) {
    pb::PutRequest request;
    request.set_key(key);
    request.set_value(value);
    request.set_lease(lease);
    pb::PutResponse answer;
    return ask("KV/Put", request, answer, fields);
  }
  /// "-": there is no such key.
  std::string get(const std::string& key) {
    pb::RangeRequest request;
    request.set_key(key);
    pb::RangeResponse answer;
    const std::string status = ask("KV/Range", request, answer);
    if (status != "0") return status;
    return answer.kvs_size() == 1 ? answer.kvs(0).value() : "-";
  }

  int32_t open(const std::string& method) { return http2_.call("/etcdserverpb." + method); }
  template <class Request>
  void say(int32_t id, const Request& request) {
    http2_.send(id, request.SerializeAsString());
  }
  /// So many messages of the stream, or its end, are there.
  std::vector<std::string> hear(int32_t id, size_t messages) {
    turn_until([&] { return http2_.answer(id).closed || http2_.answer(id).messages().size() >= messages; });
    return http2_.answer(id).messages();
  }
  std::string status_of(int32_t id) {
    turn_until([&] { return http2_.answer(id).closed; });
    return http2_.answer(id).status();
  }

 private:
  template <class Condition>
  void turn_until(Condition condition) {
    const Deadline deadline;
    while (true) {
      for (std::string out = http2_.take_bytes(); !out.empty();) {
        const ssize_t n = ::send(fd_, out.data(), out.size(), MSG_NOSIGNAL);
        if (n <= 0) throw std::runtime_error("the daemon closed the connection");
        out.erase(0, static_cast<size_t>(n));
      }
      if (condition()) return;
      if (!wait_for_events(fd_, POLLIN, deadline)) throw std::runtime_error("no answer from the daemon");
      std::array<char, 16'384> bytes;
      const ssize_t n = ::recv(fd_, bytes.data(), bytes.size(), 0);
      if (n <= 0) throw std::runtime_error("the daemon closed the connection");
      http2_.feed({bytes.data(), static_cast<size_t>(n)});
    }
  }

  int fd_;
  grpc::Http2Client http2_;
};

}  // namespace discovery::integration
