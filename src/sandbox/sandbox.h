// Closes the process in, in two steps, and tells what holds.
//
//   start -- confine_early() --> configuration is read; nothing of others was opened yet; one thread
//         -- confine_late()  --> listeners are bound, the data folder is loaded; before requests are served
//
// Early: no_new_privs, Landlock, all capabilities but that of binding. Late: that one, and seccomp.
// Lifecycle: each once per process. A process started by a confined one inherits all of it and may go through it again:
// what it wants less of is taken away, what it wants more of stays closed to it.
// Thread: confine_early() before the process has others; confine_late() on the same thread, seccomp reaches all. A
// thread that was started in between keeps the capability of binding: start it from inside without_capabilities().
// Errors: none; what the kernel does not do is in the State, for require() and for people.
// Source: security.md 3; docs/security.md, docs/decisions/0037-sandbox.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sandbox/plan.h"

namespace discovery::sandbox {

enum class Part : uint8_t { kUser, kNoNewPrivs, kCapabilities, kLandlock, kSeccomp };
inline constexpr std::array kParts{Part::kUser, Part::kNoNewPrivs, Part::kCapabilities, Part::kLandlock,
                                   Part::kSeccomp};

/// "user", "no_new_privs", "capabilities", "landlock", "seccomp": in metrics, answers and the log.
[[nodiscard]] std::string_view part_name(Part part);

struct PartState {
  bool holds = false;
  std::string detail;  ///< what holds, or why it does not; for people
};

class State {
 public:
  State() = default;
  explicit State(bool enabled) : enabled_(enabled) {}

  [[nodiscard]] bool enabled() const { return enabled_; }
  [[nodiscard]] const PartState& of(Part part) const { return parts_[static_cast<size_t>(part)]; }
  void set(Part part, bool holds, std::string detail) {
    parts_[static_cast<size_t>(part)] = {holds, std::move(detail)};
  }

  /// What the kernel was to give holds: all parts but the user, whom the kernel does not choose.
  [[nodiscard]] Result<void> require() const;
  /// "no_new_privs, capabilities, ..."; "none".
  [[nodiscard]] std::string holding() const;
  /// "user (why); seccomp (why)" of the parts that do not hold; "" when all do.
  [[nodiscard]] std::string missing() const;

 private:
  bool enabled_ = false;
  std::array<PartState, kParts.size()> parts_;
};

/// When the sandbox is off, nothing but looking who runs this.
[[nodiscard]] State confine_early(const Plan& plan);
/// `state`: of confine_early(), which is completed.
void confine_late(const Plan& plan, State& state);

/// Runs it on a thread without capabilities and waits for its end: threads it starts have none either.
void without_capabilities(const std::function<void()>& run);

/// `path`, followed through symbolic links, lies in one of these folders or is one of them.
[[nodiscard]] bool lies_in(const std::string& path, std::span<const std::string> roots);

}  // namespace discovery::sandbox
