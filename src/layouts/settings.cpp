#include "layouts/settings.h"

#include <set>

#include "layouts/paths.h"

namespace discovery::layouts {

namespace {

bool overlap(std::string_view a, std::string_view b) { return a == b || below(a, b) || below(b, a); }

Result<void> check_prefixes(const std::vector<PrefixRule>& prefixes) {
  std::set<std::string_view> seen;
  for (const PrefixRule& rule : prefixes) {
    if (rule.prefix.ends_with('/')) return invalid("a prefix is written without a slash at its end: " + rule.prefix);
    if (!seen.insert(rule.prefix).second) return invalid("a prefix stands twice: " + rule.prefix);
  }
  return {};
}

/// `what` is shown below `path`: that may be neither in another layout's place nor around it.
Result<void> check_place(std::string_view what, const std::string& path) {
  if (path.empty() || path.ends_with('/')) {
    return invalid(std::string(what).append(" is empty, or ends with a slash: ").append(path));
  }
  for (const std::string_view taken : {kNmidPrefix, kGoMicroPrefix}) {
    if (overlap(path, taken)) {
      return invalid(std::string(what).append(" is in the place of ").append(taken).append("/: ").append(path));
    }
  }
  return {};
}

}  // namespace

Result<void> check(const Settings& settings) {
  if (auto checked = check_prefixes(settings.prefixes); !checked) return checked;
  if (auto checked = check_place("the namespace of kratos", settings.kratos_namespace); !checked) return checked;
  std::set<std::string_view> seen;
  for (const std::string& target : settings.naming_targets) {
    if (auto checked = check_place("a naming target", target); !checked) return checked;
    for (const std::string_view taken : {std::string_view(settings.kratos_namespace), kKratosNamespace}) {
      if (overlap(target, taken)) return invalid("a naming target is in the place of kratos: " + target);
    }
    if (!seen.insert(target).second) return invalid("a naming target stands twice: " + target);
  }
  return {};
}

}  // namespace discovery::layouts
