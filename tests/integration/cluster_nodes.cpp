#include "integration/cluster_nodes.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace discovery::integration {
namespace {

constexpr uint16_t kFirstPort = 15000;
constexpr uint16_t kPorts = 17000;  ///< up to 32000: outgoing connections begin at 32768

sockaddr_in socket_address(const Address& address) {
  sockaddr_in made{};
  made.sin_family = AF_INET;
  made.sin_port = htons(address.port);
  if (::inet_pton(AF_INET, address.host.c_str(), &made.sin_addr) != 1) throw std::runtime_error("no IPv4 address");
  return made;
}

/// -1 when somebody has it.
int bound_socket(const Address& address) {
  const sockaddr_in wanted = socket_address(address);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && ::bind(fd, reinterpret_cast<const sockaddr*>(&wanted), sizeof wanted) == 0) return fd;
  ::close(fd);
  return -1;
}

std::string joined_by_comma(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) (text += text.empty() ? "" : ",") += word;
  return text;
}

}  // namespace

// Test processes run side by side: each begins somewhere else, and never gives a port twice.
Address node_address(const std::string& host) {
  static unsigned turn = static_cast<unsigned>(::getpid()) * 61;
  for (unsigned tries = 0; tries < kPorts; ++tries) {
    const Address address{host, static_cast<uint16_t>(kFirstPort + turn++ % kPorts)};
    const int fd = bound_socket(address);
    if (fd < 0) continue;
    ::close(fd);
    return address;
  }
  throw std::runtime_error("no free port for a node");
}

// ---------------------------------------------------------------------------------------------------------- a node

void ClusterNode::start(const std::vector<std::string>& nodes, const std::vector<std::string>& more,
                        const std::string& token) {
  DaemonOptions options;
  options.token = token;
  options.listen = false;
  std::vector<std::string> settings{"env.host=" + name_, "nodes=" + joined_by_comma(nodes)};
  settings.insert(settings.end(), more.begin(), more.end());
  options.flags = with_settings(std::move(settings));
  options.flags.insert(options.flags.end(), {"--listen", address_.text()});
  daemon_ = std::make_unique<Daemon>(std::move(options));
}

void ClusterNode::kill() {
  daemon_->process().signal(SIGKILL);
  if (!daemon_->process().wait()) throw std::runtime_error("a killed node goes on");
}

Ending ClusterNode::end() {
  daemon_->process().signal(SIGTERM);
  const auto ending = daemon_->process().wait();
  if (!ending) throw std::runtime_error("a node does not end");
  return *ending;
}

int ClusterNode::status_of(const std::string& address) const {
  const auto answer = daemon_->get("/discovery/nodes").json();
  if (answer.at("code") != 0) return -1;
  for (const auto& node : answer.at("data")) {
    if (node.at("addr") == address) return node.at("status").get<int>();
  }
  return -1;
}

nlohmann::json ClusterNode::link_to(const std::string& address) const {
  const auto cluster = daemon_->get("/admin/cluster").json();
  for (const auto& node : cluster.at("nodes")) {
    if (node.at("address") == address) return node;
  }
  return nullptr;
}

bool ClusterNode::joined(const std::string& address) const {
  const auto link = link_to(address);
  return !link.is_null() && link.at("state") == "ours" && link.at("member") == true;
}

std::vector<std::string> ClusterNode::listed_nodes() const {
  const auto answer = daemon_->get("/discovery/fetch?appid=infra.discovery&status=1&env=dev").json();
  std::vector<std::string> names;
  if (answer.at("code") != 0) return names;
  for (const auto& zone : answer.at("data").at("instances")) {
    for (const auto& instance : zone) names.push_back(instance.at("hostname").get<std::string>());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// ------------------------------------------------------------------------------------------------------- a cluster

TestCluster::TestCluster(size_t count, std::vector<std::string> settings, std::string token)
    : settings_(std::move(settings)), token_(std::move(token)) {
  for (size_t i = 0; i < count; ++i) nodes_.push_back(std::make_unique<ClusterNode>("n" + std::to_string(i + 1)));
}

TestCluster::~TestCluster() = default;

void TestCluster::start_all() {
  for (size_t i = 0; i < nodes_.size(); ++i) start(i);
}

std::vector<std::string> TestCluster::addresses() const {
  std::vector<std::string> all;
  for (const auto& node : nodes_) all.push_back(node->text());
  return all;
}

bool TestCluster::whole(const Deadline& deadline) const {
  return std::all_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
    return eventually([&] { return node->ready(); }, deadline) &&
           std::all_of(nodes_.begin(), nodes_.end(), [&](const auto& other) {
             return other == node || eventually([&] { return node->joined(other->text()); }, deadline);
           });
  });
}

// ------------------------------------------------------------------------------------------------------- a listener

SilentListener::SilentListener() : address_(node_address()), fd_(bound_socket(address_)) {
  constexpr int kBacklog = 16;
  if (fd_ < 0 || ::listen(fd_, kBacklog) != 0) throw std::runtime_error("cannot listen on " + address_.text());
}

SilentListener::~SilentListener() { ::close(fd_); }

std::string SilentListener::next_caller() const {
  if (!wait_for_events(fd_, POLLIN, Deadline())) return "";
  sockaddr_in caller{};
  socklen_t bytes = sizeof caller;
  const int connection = ::accept4(fd_, reinterpret_cast<sockaddr*>(&caller), &bytes, SOCK_CLOEXEC);
  if (connection < 0) return "";
  ::close(connection);
  char text[INET_ADDRSTRLEN] = {};
  return ::inet_ntop(AF_INET, &caller.sin_addr, text, sizeof text) ? text : "";
}

}  // namespace discovery::integration
