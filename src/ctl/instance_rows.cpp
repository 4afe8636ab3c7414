#include "ctl/instance_rows.h"

#include <algorithm>
#include <map>

#include "codec/text.h"
#include "ctl/wording.h"

namespace discovery::ctl {

namespace {

bool contains(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) { return codec::ascii_lower(a) == codec::ascii_lower(b); };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

bool is_target(const Json& instance, const std::vector<Target>& targets) {
  const std::string zone = text_at(instance, "zone");
  const std::string host = text_at(instance, "hostname");
  return std::any_of(targets.begin(), targets.end(),
                     [&](const Target& t) { return t.zone == zone && t.hostname == host; });
}

void count(Listed& to, int64_t status) { ++(status == 1 ? to.up : to.waiting); }

}  // namespace

std::string state_text(const Json& instance) {
  const std::string state = text_at(instance, "state");
  if (state != "visible") return shown(state);
  return status_text(number_at(instance, "status")) + (flag_at(instance, "overdue") ? ", overdue" : "");
}

std::string lease_text(const Json& instance) {
  if (text_at(instance, "state") == "cancelled") return "-";
  constexpr double kSecondsMax = 1e9;
  const double seconds = std::clamp(real_at(instance, "lease_age_seconds"), -kSecondsMax, kSecondsMax);
  return age(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
}

std::string addresses_text(const Json& instance) {
  std::string text;
  for (const Json& a : rows_at(instance, "addrs")) {
    if (a.is_string()) text.append(text.empty() ? "" : " ").append(shown(a.get<std::string>()));
  }
  return text.empty() ? "-" : text;
}

std::string origin_text(const Json& instance) {
  const Json& origin = member(instance, "origin");
  if (!origin.is_object()) return "-";
  return shown(text_at(origin, "protocol")) + " " + shown(text_at(origin, "key"));
}

bool mentions(const Json& instance, std::string_view text) {
  for (const char* const name : {"zone", "hostname", "version"}) {
    if (contains(text_at(instance, name), text)) return true;
  }
  for (const Json& a : rows_at(instance, "addrs")) {
    if (a.is_string() && contains(a.get<std::string>(), text)) return true;
  }
  if (contains(text_at(member(instance, "origin"), "key"), text)) return true;
  const Json& metadata = member(instance, "metadata");
  if (!metadata.is_object()) return false;
  for (const auto& [name, value] : metadata.items()) {
    if (contains(name, text)) return true;
    if (value.is_string() && contains(value.get<std::string>(), text)) return true;
  }
  return false;
}

client::Parameters Target::parameters() const {
  return {{"env", env}, {"appid", appid}, {"zone", zone}, {"hostname", hostname}};
}

std::string Target::text() const {
  return shown(hostname) + " of " + shown(appid) + " (env " + shown(env) + ", zone " + shown(zone) + ")";
}

Target target_of(const Json& instance, const std::string& env, const std::string& appid) {
  return {env, appid, text_at(instance, "zone"), text_at(instance, "hostname"), number_at(instance, "status")};
}

bool is_listed(const Json& instance) { return text_at(instance, "state") == "visible"; }

Outcome<Target> find_instance(const Json& service, const Target& wanted) {
  std::vector<Target> found;
  std::string zones;
  for (const Json& i : rows_at(service, "instances")) {
    if (!is_listed(i) || text_at(i, "hostname") != wanted.hostname) continue;
    if (!wanted.zone.empty() && text_at(i, "zone") != wanted.zone) continue;
    found.push_back(target_of(i, wanted.env, wanted.appid));
    zones.append(zones.empty() ? "" : ", ").append(shown(found.back().zone));
  }
  if (found.size() == 1) return found.front();
  const std::string what = shown(wanted.hostname) + " of " + shown(wanted.appid) + " (env " + shown(wanted.env) + ")";
  if (found.empty()) {
    return refused(what + " is not listed" + (wanted.zone.empty() ? "" : " in zone " + shown(wanted.zone)) +
                   "; discoveryctl explain says why");
  }
  return misused(what + " is in the zones " + zones + ": choose one by --zone");
}

std::string Listed::text() const { return counted(up) + " up, " + counted(waiting) + " waiting"; }

Preview preview(const Json& service, const std::vector<Target>& targets, Change change) {
  Preview result;
  std::map<std::string, std::pair<Listed, Listed>> zones;
  for (const Json& i : rows_at(service, "instances")) {
    if (!is_listed(i)) continue;
    const int64_t status = number_at(i, "status");
    auto& [before, after] = zones[text_at(i, "zone")];
    count(result.before, status);
    count(before, status);
    int64_t then = status;
    if (is_target(i, targets)) {
      if (change == Change::kGone) continue;
      then = change == Change::kUp ? 1 : 2;
    }
    count(result.after, then);
    count(after, then);
  }
  for (const auto& [zone, listed] : zones) {
    if (listed.first.up > 0 && listed.second.up == 0) result.empty_zones.push_back(zone);
  }
  return result;
}

std::string Preview::text() const {
  std::string text = before.text() + " now; " + after.text() + " then";
  if (before.up > 0 && after.up == 0) return text + ": NOTHING IN SERVICE REMAINS";
  for (const std::string& zone : empty_zones) text += "; nothing in service remains in zone " + shown(zone);
  return text;
}

}  // namespace discovery::ctl
