#include "access/rights.h"

#include <algorithm>
#include <array>

namespace discovery::access {

namespace {
struct Named {
  Right right;
  std::string_view name;
};
constexpr std::array<Named, 3> kNames{{{Right::kRead, "read"}, {Right::kWrite, "write"}, {Right::kAdmin, "admin"}}};
}  // namespace

std::string_view right_name(Right right) {
  for (const Named& n : kNames) {
    if (n.right == right) return n.name;
  }
  return "";
}

std::optional<Right> right_of_name(std::string_view name) {
  for (const Named& n : kNames) {
    if (n.name == name) return n.right;
  }
  return std::nullopt;
}

bool Grant::covers(std::string_view of_env, std::string_view appid) const {
  if (!env.empty() && env != of_env) return false;
  return apps.empty() ||
         std::any_of(apps.begin(), apps.end(), [&](const std::string& p) { return appid.starts_with(p); });
}

bool Principal::may(Right right, std::string_view env, std::string_view appid) const {
  return std::any_of(grants.begin(), grants.end(),
                     [&](const Grant& g) { return g.has(right) && g.covers(env, appid); });
}

bool Principal::may_all(Right right) const {
  return std::any_of(grants.begin(), grants.end(),
                     [&](const Grant& g) { return g.has(right) && g.covers_everything(); });
}

bool Principal::may_any(Right right) const {
  return std::any_of(grants.begin(), grants.end(), [&](const Grant& g) { return g.has(right); });
}

}  // namespace discovery::access
