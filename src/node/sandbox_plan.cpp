#include "node/sandbox_plan.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <variant>

#include "base/check.h"
#include "node/config_address.h"
#include "node/config_keys.h"
#include "sandbox/sandbox.h"

namespace discovery::node {
namespace {

namespace fs = std::filesystem;

/// The value of a key that names a path.
const std::string& path_of(const KeySpec& key, const Config& config) {
  const KeyField member = key.field(const_cast<Config&>(config));  // only read
  std::string* const* const path = std::get_if<std::string*>(&member);
  DISCOVERY_CHECK(path != nullptr, "a key that names a path is a text");
  return **path;
}

template <class Use>
void for_each_path(const Config& config, NamesPath kind, Use use) {
  for (const KeySpec& key : config_keys()) {
    if (key.path != kind) continue;
    const std::string& path = path_of(key, config);
    if (!path.empty()) use(key, path);
  }
}

std::string folder_of(const fs::path& file) {
  const fs::path folder = file.parent_path();
  return folder.empty() ? "." : folder.string();
}

void add(std::vector<std::string>& paths, const std::string& path) {
  if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
}

/// The folder of a file, and that of what it is a symbolic link to.
void add_folders_of(std::vector<std::string>& paths, const std::string& file) {
  add(paths, folder_of(file));
  std::error_code problem;
  const fs::path real = fs::canonical(file, problem);
  if (!problem) add(paths, folder_of(real));
}

void add_log_file(const std::string& path, sandbox::Plan& plan) {
  std::error_code problem;
  const fs::file_status status = fs::status(path, problem);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    add(plan.appended, path);  // a terminal or a pipe, whose folder is not ours
  } else {
    add_folders_of(plan.writable, path);
  }
}

void add_ports(const std::vector<std::string>& addresses, sandbox::Plan& plan) {
  for (const std::string& address : addresses) {
    const auto parsed = parse_listen_address(address);
    if (!parsed) continue;
    plan.tcp_ports.push_back(parsed->port);
    // The first reactor gets one from the system, and the others bind the same.
    plan.any_tcp_port = plan.any_tcp_port || parsed->port == 0;
  }
}

void add_listeners(const Config& config, sandbox::Plan& plan) {
  add_ports(config.http_server.addr, plan);
  add_ports(config.tls.listen, plan);
  if (!config.admin.listen.empty()) add_ports({config.admin.listen}, plan);
  if (!config.etcd.listen.empty()) add_ports({config.etcd.listen}, plan);
  // Connections to other nodes are bound to that address, at a port that the system chooses.
  if (!config.cluster.peer_bind_address.empty()) plan.tcp_ports.push_back(0);
}

bool notifies_abstract_socket(const Environment& environment) {
  const auto found = environment.find("NOTIFY_SOCKET");
  return found != environment.end() && found->second.starts_with('@');
}

}  // namespace

sandbox::Plan sandbox_plan(const Config& config, const std::string& file, const std::string& folder,
                           const Environment& environment) {
  sandbox::Plan plan;
  plan.enabled = config.sandbox.enabled;
  plan.violation = config.sandbox.violation;
  if (!folder.empty()) add(plan.readable, folder);
  if (!file.empty()) add_folders_of(plan.readable, file);
  for_each_path(config, NamesPath::kReadFile,
                [&](const KeySpec&, const std::string& path) { add_folders_of(plan.readable, path); });
  for_each_path(config, NamesPath::kWriteFolder,
                [&](const KeySpec&, const std::string& path) { add(plan.writable, path); });
  for_each_path(config, NamesPath::kAppendFile,
                [&](const KeySpec&, const std::string& path) { add_log_file(path, plan); });
  add_listeners(config, plan);
  plan.outer_abstract_sockets = notifies_abstract_socket(environment);
  return plan;
}

void make_folders(const Config& config) {
  for_each_path(config, NamesPath::kWriteFolder,
                [](const KeySpec&, const std::string& path) { static_cast<void>(::mkdir(path.c_str(), 0700)); });
}

Result<void> all_files_covered(const Config& fresh, const sandbox::Plan& plan) {
  std::string problems;
  for_each_path(fresh, NamesPath::kReadFile, [&](const KeySpec& key, const std::string& path) {
    if (sandbox::lies_in(path, plan.readable) || sandbox::lies_in(path, plan.writable) ||
        sandbox::lies_in(path, sandbox::system_paths())) {
      return;
    }
    (problems += problems.empty() ? "" : "\n") +=
        std::string(key.name) + ": " + path +
        " lies in a folder that the sandbox was not opened for; restart to use it";
  });
  if (problems.empty()) return {};
  return invalid(problems);
}

}  // namespace discovery::node
