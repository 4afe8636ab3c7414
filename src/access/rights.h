// Who may do what with which applications.
//
// A grant is a set of rights over the applications of an environment whose names begin with one of some prefixes.
// Rights do not imply each other: who may write need not be able to read. Thread: values. Source: security.md 1, "token
// per (env, appid prefix) with actions {read, write, admin}".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace discovery::access {

enum class Right : uint8_t {
  kRead = 1,   ///< fetch, poll, the questions of an operator
  kWrite = 2,  ///< register, renew, cancel, set
  kAdmin = 4,  ///< everything under /admin/; over a node as a whole only where the grant is over everything
};
/// "read", "write", "admin".
[[nodiscard]] std::string_view right_name(Right right);
[[nodiscard]] std::optional<Right> right_of_name(std::string_view name);

struct Grant {
  uint8_t rights = 0;             ///< of Right, added up
  std::string env;                ///< "": of every environment
  std::vector<std::string> apps;  ///< prefixes of names; empty: every application

  [[nodiscard]] bool has(Right right) const { return (rights & static_cast<uint8_t>(right)) != 0; }
  [[nodiscard]] bool covers(std::string_view of_env, std::string_view appid) const;
  [[nodiscard]] bool covers_everything() const { return env.empty() && apps.empty(); }
};

/// Somebody who is known, and what was granted.
struct Principal {
  std::string name;  ///< stands in audit lines
  std::vector<Grant> grants;

  [[nodiscard]] bool may(Right right, std::string_view env, std::string_view appid) const;
  [[nodiscard]] bool may_all(Right right) const;
  /// On anything at all.
  [[nodiscard]] bool may_any(Right right) const;
};

}  // namespace discovery::access
