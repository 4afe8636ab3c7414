#include "sandbox/capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace discovery::sandbox {
namespace {

constexpr int kCapabilitiesMax = 64;

Error refused(std::string_view what) {
  return {ErrorCode::kUnavailable, std::string(what) + ": " + std::generic_category().message(errno)};
}

/// The text after "NAME:" of a line, without blanks.
std::optional<std::string_view> value_of(std::string_view text, std::string_view name) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(name) || !line.substr(name.size()).starts_with(':')) continue;
    line.remove_prefix(name.size() + 1);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    return line;
  }
  return std::nullopt;
}

std::optional<uint64_t> number_of(std::string_view text, std::string_view name, int base) {
  const auto value = value_of(text, name);
  if (!value) return std::nullopt;
  uint64_t number = 0;
  const auto [end, problem] = std::from_chars(value->data(), value->data() + value->size(), number, base);
  if (problem != std::errc() || end == value->data()) return std::nullopt;
  return number;
}

}  // namespace

Result<void> drop_capabilities(bool keep_binding) {
  // Without CAP_SETPCAP the bounding set stays, and says nothing: no_new_privs lets no file give from it.
  for (int c = 0; c < kCapabilitiesMax && ::prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; ++c) {
    static_cast<void>(::prctl(PR_CAPBSET_DROP, c, 0, 0, 0));
  }
  static_cast<void>(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (::syscall(SYS_capget, &head, sets.data()) != 0) return refused("capget");
  const uint32_t kept = keep_binding ? CAP_TO_MASK(CAP_NET_BIND_SERVICE) & sets[0].permitted : 0;
  sets = {};
  sets[0].permitted = sets[0].effective = kept;
  if (::syscall(SYS_capset, &head, sets.data()) != 0) return refused("capset");
  return {};
}

Result<void> forbid_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("no_new_privs");
  return {};
}

std::optional<ThreadStatus> parse_thread_status(std::string_view text) {
  const auto effective = number_of(text, "CapEff", 16);
  const auto permitted = number_of(text, "CapPrm", 16);
  const auto inheritable = number_of(text, "CapInh", 16);
  const auto bounding = number_of(text, "CapBnd", 16);
  const auto ambient = number_of(text, "CapAmb", 16);
  const auto privs = number_of(text, "NoNewPrivs", 10);
  const auto seccomp = number_of(text, "Seccomp", 10);
  if (!effective || !permitted || !inheritable || !bounding || !ambient || !privs || !seccomp) return std::nullopt;
  return ThreadStatus{
      *effective, *permitted, *inheritable, *bounding, *ambient, *privs == 1, static_cast<int>(*seccomp)};
}

std::optional<ThreadStatus> read_thread_status() {
  const std::ifstream file("/proc/thread-self/status");
  std::ostringstream text;
  text << file.rdbuf();
  return parse_thread_status(text.str());
}

}  // namespace discovery::sandbox
