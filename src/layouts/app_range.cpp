#include "layouts/app_range.h"

#include <algorithm>
#include <optional>

#include "layouts/virtual_keys.h"

namespace discovery::layouts {

namespace {

constexpr char kAfterSlash = '/' + 1;

/// [from, to), of keys or of what follows a prefix in them; no `to`: without end.
struct Span {
  std::string from;
  std::optional<std::string> to;

  [[nodiscard]] bool before_end(std::string_view text) const { return !to || text < *to; }
};

/// Of more than one key.
Span span_of(const KeyRange& range) {
  Span span{range.key, std::nullopt};
  if (!range.open_ended()) span.to = range.end;
  return span;
}

/// What follows `<front>/` in the keys of the span that begin with it. None: no key does.
std::optional<Span> below_front(const Span& keys, std::string_view front) {
  const std::string begin = std::string(front) + '/';
  Span rest;
  if (keys.from > begin) {
    if (!keys.from.starts_with(begin)) return std::nullopt;  // behind all of them
    rest.from = keys.from.substr(begin.size());
  }
  if (keys.to && *keys.to <= begin) return std::nullopt;
  if (keys.to && keys.to->starts_with(begin)) rest.to = keys.to->substr(begin.size());
  if (rest.to && *rest.to <= rest.from) return std::nullopt;
  return rest;
}

AppRange just(Layout layout, std::string_view appid) { return {layout, std::string(appid), std::string(appid) + '\0'}; }

/// Whether `<appid>/<hostname>` can be in the span; precondition: its begin goes on after the appid.
bool reaches(const Span& rest, std::string_view appid) {
  std::string least(rest.from, appid.size());
  if (least.front() > '/') return false;
  if (least.front() < '/') {
    least = "/";
  } else if (const size_t slash = least.find('/', 1); slash != std::string::npos) {
    least.resize(slash);  // no hostname has a slash: the least is one that is greater there
    least += kAfterSlash;
  }
  return rest.before_end(std::string(appid) + least);
}

/// Applications below one prefix. An appid is in `rest`, or is so short that the begin of `rest` goes on in its
/// hostname.
void add_apps(Layout layout, Span rest, const InstanceLimits& limits, std::vector<AppRange>& out) {
  // No key of ours is longer. What begins earlier has all that it had, and a hostile key costs no more than this.
  const size_t bytes_max = 2 * limits.name_bytes_max + 1;
  if (rest.from.size() > bytes_max) rest.from.resize(bytes_max);
  for (size_t bytes = 1; bytes < rest.from.size() && bytes <= limits.name_bytes_max; ++bytes) {
    const std::string_view appid = std::string_view(rest.from).substr(0, bytes);
    if (layout == Layout::kGoMicro && appid.back() == '/') break;
    if (reaches(rest, appid)) out.push_back(just(layout, appid));
  }
  AppRange apps{layout, rest.from, rest.to.value_or("")};
  if (const size_t slash = rest.from.find('/'); layout == Layout::kGoMicro && slash != std::string::npos) {
    apps.from.resize(slash);  // appids there have no slash, so the least is one that is greater there
    apps.from += kAfterSlash;
  }
  if (apps.to.empty() || apps.from < apps.to) out.push_back(std::move(apps));
}

}  // namespace

std::string_view AppRange::only() const {
  const bool one = !from.empty() && to.size() == from.size() + 1 && to.starts_with(from) && to.back() == '\0';
  return one ? std::string_view(from) : "";
}

std::vector<AppRange> apps_in(const KeyRange& range, const Settings& settings) {
  std::vector<AppRange> out;
  if (range.single()) {
    if (const auto owner = virtual_key_owner(range.key, settings)) out.push_back(just(owner->layout, owner->appid));
    return out;
  }
  const Span keys = span_of(range);
  if (settings.show_go_micro) {
    if (auto rest = below_front(keys, kGoMicroPrefix))
      add_apps(Layout::kGoMicro, *std::move(rest), settings.limits, out);
  }
  if (settings.show_kratos) {
    if (auto rest = below_front(keys, settings.kratos_namespace)) {
      add_apps(Layout::kKratos, *std::move(rest), settings.limits, out);
    }
  }
  for (const std::string& target : settings.naming_targets) {
    if (below_front(keys, target)) out.push_back(just(Layout::kNaming, target));
  }
  return out;
}

}  // namespace discovery::layouts
