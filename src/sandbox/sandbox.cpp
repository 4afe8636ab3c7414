#include "sandbox/sandbox.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "sandbox/capabilities.h"
#include "sandbox/landlock.h"
#include "sandbox/seccomp.h"

namespace discovery::sandbox {
namespace {

constexpr uint16_t kPrivilegedPorts = 1024;

bool binds_privileged(const Plan& plan) {
  return std::any_of(plan.tcp_ports.begin(), plan.tcp_ports.end(),
                     [](uint16_t port) { return port != 0 && port < kPrivilegedPorts; });
}

void look_at_user(State& state) {
  const uid_t user = ::geteuid();
  state.set(Part::kUser, user != 0,
            user != 0 ? "user id " + std::to_string(user)
                      : "runs as root, whose files it may change: start it as a user of its own");
}

void note(State& state, Part part, const Result<void>& done, std::string detail) {
  state.set(part, done.has_value(), done ? std::move(detail) : done.error().message);
}

std::string landlock_detail(int abi, bool ports) {
  std::string what = "ABI " + std::to_string(abi) + ": files";
  if (abi >= 4 && ports) what += ", TCP ports";
  if (abi >= 6) what += ", signals, abstract sockets";
  return what;
}

}  // namespace

std::string_view part_name(Part part) {
  switch (part) {
    case Part::kUser:
      return "user";
    case Part::kNoNewPrivs:
      return "no_new_privs";
    case Part::kCapabilities:
      return "capabilities";
    case Part::kLandlock:
      return "landlock";
    case Part::kSeccomp:
      return "seccomp";
  }
  return "";
}

Result<void> State::require() const {
  std::string lacking;
  for (const Part part : kParts) {
    if (part == Part::kUser || of(part).holds) continue;
    ((lacking += lacking.empty() ? "" : "; ") += part_name(part)) += " (" + of(part).detail + ")";
  }
  if (lacking.empty()) return {};
  return Error{ErrorCode::kUnavailable, "sandbox.require is set, and this does not hold: " + lacking};
}

std::string State::holding() const {
  std::string names;
  for (const Part part : kParts) {
    if (of(part).holds) (names += names.empty() ? "" : ", ") += part_name(part);
  }
  return names.empty() ? "none" : names;
}

std::string State::missing() const {
  std::string names;
  for (const Part part : kParts) {
    if (of(part).holds) continue;
    ((names += names.empty() ? "" : "; ") += part_name(part)) += " (" + of(part).detail + ")";
  }
  return names;
}

State confine_early(const Plan& plan) {
  State state(plan.enabled);
  look_at_user(state);
  if (!plan.enabled) {
    for (const Part part : kParts) {
      if (part != Part::kUser) state.set(part, false, "sandbox.enabled is false");
    }
    return state;
  }
  note(state, Part::kNoNewPrivs, forbid_new_privileges(), "set");
  const auto abi = confine_files(plan);
  state.set(Part::kLandlock, abi.has_value(), abi ? landlock_detail(*abi, !plan.any_tcp_port) : abi.error().message);
  note(state, Part::kCapabilities, drop_capabilities(binds_privileged(plan)), "none");
  state.set(Part::kSeccomp, false, "not yet");
  return state;
}

void confine_late(const Plan& plan, State& state) {
  if (!plan.enabled) return;
  if (binds_privileged(plan)) note(state, Part::kCapabilities, drop_capabilities(false), "none");
  const auto calls = confine_calls({plan.violation, state.of(Part::kLandlock).holds});
  const std::string others = plan.violation == Violation::kKill ? "others end the process" : "others fail with EPERM";
  state.set(Part::kSeccomp, calls.has_value(),
            calls ? std::to_string(*calls) + " calls allowed, " + others : calls.error().message);
}

void without_capabilities(const std::function<void()>& run) {
  std::thread([&run] {
    static_cast<void>(drop_capabilities(false));
    run();
  }).join();
}

bool lies_in(const std::string& path, std::span<const std::string> roots) {
  namespace fs = std::filesystem;
  const auto real = [](const std::string& p) {
    std::error_code problem;
    fs::path found = fs::weakly_canonical(fs::absolute(p, problem), problem);
    return problem ? fs::path(p) : found;
  };
  const fs::path wanted = real(path);
  return std::any_of(roots.begin(), roots.end(), [&](const std::string& root) {
    const fs::path folder = real(root);
    const auto [end, at] = std::mismatch(folder.begin(), folder.end(), wanted.begin(), wanted.end());
    static_cast<void>(at);
    return end == folder.end() || (std::next(end) == folder.end() && end->empty());
  });
}

}  // namespace discovery::sandbox
