// What the tests of the client library share: options that are quick to fail, what a watch told, a running io_context.
//
// Thread: Told and Errors are filled by a client's thread and read by the test's. Waits end as soon as what they wait
// for is there.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "discovery/client.h"
#include "integration/cluster_nodes.h"

namespace discovery::integration {

inline client::Options client_options(std::vector<std::string> nodes) {
  client::Options options;
  options.nodes = std::move(nodes);
  options.zone = "zone01";
  options.hostname = "tester";
  options.shuffle_nodes = false;
  options.back_off_min = milliseconds(10);
  options.back_off_max = milliseconds(100);
  return options;
}

/// An instance as the client registers it.
inline client::Instance service(std::string appid, std::string hostname = "h1") {
  client::Instance instance;
  instance.appid = std::move(appid);
  instance.hostname = std::move(hostname);
  instance.addrs = {"http://10.0.0.1:80", "grpc://10.0.0.1:90"};
  return instance;
}

/// An instance that another service registers, by the wire, where the client's options look.
inline TestInstance foreign(std::string appid, std::string hostname = "h1") {
  return {.appid = std::move(appid), .hostname = std::move(hostname), .env = "dev"};
}

/// The hosts in service at a node; none: the application is unknown there.
inline std::optional<std::vector<std::string>> listed(const Daemon& node, const std::string& appid) {
  const auto answer = node.get("/discovery/fetch?status=1&env=dev&" + form({{"appid", appid}})).json();
  if (answer.at("code") != 0) return std::nullopt;
  std::vector<std::string> hosts;
  for (const auto& zone : answer.at("data").at("instances")) {
    for (const auto& instance : zone) hosts.push_back(instance.at("hostname").get<std::string>());
  }
  return hosts;
}

using Hosts = std::vector<std::string>;

/// What a watch told, in order.
class Told {
 public:
  client::WatchHandler handler() {
    return [this](const client::InstanceList& list) { add(list); };
  }
  void add(const client::InstanceList& list) {
    Hosts hosts;
    for (const client::Instance& instance : list.instances) hosts.push_back(instance.hostname);
    const std::lock_guard lock(mutex_);
    told_.emplace_back(list.known, std::move(hosts));
  }
  [[nodiscard]] size_t count() const {
    const std::lock_guard lock(mutex_);
    return told_.size();
  }
  [[nodiscard]] std::optional<std::pair<bool, Hosts>> last() const {
    const std::lock_guard lock(mutex_);
    return told_.empty() ? std::nullopt : std::optional(told_.back());
  }
  [[nodiscard]] bool eventually_hosts(const Hosts& hosts) const {
    return eventually([&] { return last() == std::pair(true, hosts); });
  }
  [[nodiscard]] bool eventually_unknown() const {
    return eventually([&] { return last() == std::pair(false, Hosts()); });
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<bool, Hosts>> told_;
};

class Errors {
 public:
  client::ErrorHandler handler() {
    return [this](const client::Error& error) {
      const std::lock_guard lock(mutex_);
      errors_.push_back(error);
    };
  }
  [[nodiscard]] size_t count(client::Errc code) const {
    const std::lock_guard lock(mutex_);
    return static_cast<size_t>(
        std::count_if(errors_.begin(), errors_.end(), [&](const client::Error& e) { return e.code == code; }));
  }
  [[nodiscard]] size_t count() const {
    const std::lock_guard lock(mutex_);
    return errors_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<client::Error> errors_;
};

/// A caller's io_context, run by so many threads until the end.
class Runner {
 public:
  explicit Runner(size_t threads = 1) {
    for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { context_.run(); });
  }
  ~Runner() { finish(); }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  [[nodiscard]] boost::asio::io_context& context() { return context_; }
  /// Until there is no work left.
  void finish() {
    guard_.reset();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{context_.get_executor()};
  std::vector<std::thread> threads_;
};

}  // namespace discovery::integration
