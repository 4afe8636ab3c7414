// A cluster of a test: real nodes that know each other, on ports nobody else is given meanwhile.
//
// Lifecycle: addresses are chosen at once, nodes started one by one; what still runs ends with the object, and must end
// cleanly. Thread: the test's. Errors: std::runtime_error, as Daemon.
#pragma once

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "integration/daemon.h"

namespace discovery::integration {

/// An address of `host` below the ports that outgoing connections take: those of the nodes must not take it while its
/// owner is restarted.
[[nodiscard]] Address node_address(const std::string& host = "127.0.0.1");

/// One node as a process, to be ended and started again under its address.
class ClusterNode {
 public:
  explicit ClusterNode(std::string name, Address address = node_address())
      : name_(std::move(name)), address_(std::move(address)) {}

  /// The nodes it is told of; `more` are settings.
  void start(const std::vector<std::string>& nodes, const std::vector<std::string>& more = {},
             const std::string& token = {});
  /// SIGKILL, and gone.
  void kill();
  /// SIGTERM, and gone; how it ended.
  Ending end();
  void freeze() { daemon_->process().freeze(); }
  void thaw() { daemon_->process().signal(SIGCONT); }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string text() const { return address_.text(); }
  [[nodiscard]] const Address& address() const { return address_; }
  [[nodiscard]] Daemon& operator*() const { return *daemon_; }
  [[nodiscard]] Daemon* operator->() const { return daemon_.get(); }

  /// Reads are answered.
  [[nodiscard]] bool ready() const { return daemon_->get("/readyz").status == 200; }
  /// Of /discovery/nodes: -1 when it is not listed.
  [[nodiscard]] int status_of(const std::string& address) const;
  /// Of /admin/cluster: what is known of another node; null when it is none.
  [[nodiscard]] nlohmann::json link_to(const std::string& address) const;
  /// The other is one of ours and a member.
  [[nodiscard]] bool joined(const std::string& address) const;
  /// The names of nodes under infra.discovery.
  [[nodiscard]] std::vector<std::string> listed_nodes() const;

 private:
  const std::string name_;
  const Address address_;
  std::unique_ptr<Daemon> daemon_;
};

/// Nodes n1, n2, ... that are told of all.
class TestCluster {
 public:
  explicit TestCluster(size_t count, std::vector<std::string> settings = {}, std::string token = {});
  ~TestCluster();
  TestCluster(const TestCluster&) = delete;
  TestCluster& operator=(const TestCluster&) = delete;

  void start(size_t i) { nodes_.at(i)->start(addresses(), settings_, token_); }
  void start_all();
  [[nodiscard]] ClusterNode& operator[](size_t i) const { return *nodes_.at(i); }
  [[nodiscard]] size_t size() const { return nodes_.size(); }
  [[nodiscard]] std::vector<std::string> addresses() const;
  /// All are ready and joined with all others.
  [[nodiscard]] bool whole(const Deadline& deadline = Deadline()) const;

 private:
  std::vector<std::string> settings_;
  std::string token_;
  std::vector<std::unique_ptr<ClusterNode>> nodes_;
};

/// A socket that listens as a node would and never answers.
class SilentListener {
 public:
  SilentListener();
  ~SilentListener();
  SilentListener(const SilentListener&) = delete;
  SilentListener& operator=(const SilentListener&) = delete;

  [[nodiscard]] std::string text() const { return address_.text(); }
  /// The address from which the next connection comes; "" when none does.
  [[nodiscard]] std::string next_caller() const;

 private:
  Address address_;
  int fd_ = -1;
};

}  // namespace discovery::integration
