#include "node/query_api.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "codec/params.h"
#include "node/config_value.h"

namespace discovery::node {

using history::Event;
using nlohmann::ordered_json;
using registry::InstanceNumbers;
using registry::RecordState;

namespace {

constexpr size_t kParamsMax = 16;
constexpr size_t kLimitDefault = 100;
constexpr int64_t kSecondNs = 1'000'000'000;
constexpr int64_t kSecondsMax = 9'000'000'000;  // the year 2255; larger numbers are nanoseconds

/// Names in questions are a client's: what is no UTF-8 is replaced.
std::string text_of(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

/// The parameters of a query, all of which are among the known ones.
Result<void> read_params(codec::Params& params, std::string_view query, std::initializer_list<std::string_view> known) {
  if (const auto read = params.add_urlencoded(query, kParamsMax); !read) return read.error();
  for (const codec::Param& p : params.all()) {
    if (std::find(known.begin(), known.end(), p.name) != known.end()) continue;
    std::string names;
    for (const std::string_view k : known) (names += names.empty() ? "" : ", ") += k;
    return invalid("unknown parameter " + std::string(p.name) + "; known: " + names);
  }
  return {};
}

Result<uint64_t> number_of(std::string_view name, std::string_view text, uint64_t least, uint64_t most) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value >= least && value <= most) return value;
  return invalid(std::string(name) + " must be a number from " + std::to_string(least) + " to " + std::to_string(most));
}

std::string_view state_name(RecordState state) {
  switch (state) {
    case RecordState::kVisible:
      return "visible";
    case RecordState::kHidden:
      return "hidden";
    case RecordState::kTombstone:
      break;
  }
  return "cancelled";
}

ordered_json version_json(const registry::Version& v) {
  ordered_json json;
  json["t"] = v.incarnation.t_ns;
  json["node"] = v.incarnation.node;
  if (v.set.t_ns != 0) json["set"] = {{"t", v.set.t_ns}, {"node", v.set.node}};
  return json;
}

void add_numbers(ordered_json& to, const InstanceNumbers& n) {
  to["state"] = state_name(n.state);
  to["status"] = n.status;
  to["version_number"] = version_json(n.version);
}

void add_content(ordered_json& to, const history::Content& c) {
  to["region"] = c.region;
  to["version"] = c.version;
  to["addrs"] = ordered_json::parse(c.addrs_json.empty() ? "[]" : c.addrs_json, nullptr, false);
  to["metadata"] = ordered_json::parse(c.metadata_json.empty() ? "null" : c.metadata_json, nullptr, false);
}

ordered_json event_json(const Event& e) {
  ordered_json json;
  json["number"] = e.number;
  json["at"] = to_wire_ns(e.at);
  json["kind"] = kind_name(e.kind);
  json["by"] = e.by;
  if (e.count > 1) {
    json["count"] = e.count;
    json["last"] = to_wire_ns(e.last);
  }
  if (e.hostname.empty()) return json;  // of the node itself
  json["env"] = e.app.env;
  json["appid"] = e.app.appid;
  json["zone"] = e.zone;
  json["hostname"] = e.hostname;
  json["before"] = nullptr;
  if (e.before) {
    ordered_json before;
    add_numbers(before, e.before->numbers);
    before["renew_timestamp"] = e.before->lease_ns;
    if (e.before->content) add_content(before, *e.before->content);
    json["before"] = std::move(before);
  }
  json["after"] = nullptr;
  if (e.after) {
    ordered_json after;
    add_numbers(after, *e.after);
    json["after"] = std::move(after);
  }
  if (e.kind == history::EventKind::kRenewedLate && e.before) {
    json["gap_seconds"] = std::chrono::duration<double>(e.at - from_wire_ns(e.before->lease_ns)).count();
  }
  return json;
}

std::string state_json(const history::History& history, const registry::Registry& registry, std::string_view node,
                       registry::AppKeyView app, TimePoint at) {
  const history::PastState state = history.state_at(registry, app, at);
  ordered_json json;
  json["node"] = node;
  json["at"] = to_wire_ns(at);
  json["complete"] = state.complete;
  json["restarts_since"] = state.restarts;
  json["env"] = app.env;
  json["appid"] = app.appid;
  ordered_json instances = ordered_json::array();
  for (const history::PastInstance& i : state.instances) {
    ordered_json one;
    one["zone"] = i.zone;
    one["hostname"] = i.hostname;
    add_numbers(one, i.past.numbers);
    add_content(one, *i.past.content);
    one["reg_timestamp"] = i.past.numbers.reg_ns;
    one["up_timestamp"] = i.past.numbers.up_ns;
    one["renew_timestamp"] = i.past.lease_ns;
    one["dirty_timestamp"] = i.past.numbers.dirty_ns;
    one["latest_timestamp"] = i.past.numbers.latest_ns;
    instances.push_back(std::move(one));
  }
  json["instances"] = std::move(instances);
  return text_of(json);
}

}  // namespace

Result<TimePoint> parse_moment(std::string_view text, TimePoint now) {
  int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && at == end && number >= 0) {
    return number <= kSecondsMax ? from_wire_ns(number * kSecondNs) : from_wire_ns(number);
  }
  if (const auto ago = parse_duration(text)) return now - *ago;
  std::tm utc{};
  const std::string whole(text);
  const char* const rest = ::strptime(whole.c_str(), "%Y-%m-%dT%H:%M:%S", &utc);
  if (rest && std::string_view(rest) == "Z") {
    const int64_t seconds = ::timegm(&utc);
    if (seconds >= 0 && seconds <= kSecondsMax) return from_wire_ns(seconds * kSecondNs);
  }
  return invalid("not a time: " + whole +
                 "; write 2026-11-28T09:30:00Z, Unix seconds or nanoseconds, or how long ago: 10m");
}

Result<std::string> history_json(const history::History& history, const registry::Registry& registry,
                                 std::string_view node, std::string_view query, TimePoint now) {
  if (!history.enabled()) return Error{ErrorCode::kUnavailable, "no history is kept (history.enabled is false)"};
  codec::Params params;
  if (const auto read = read_params(
          params, query, {"env", "appid", "zone", "hostname", "kind", "since", "until", "below", "limit", "at"});
      !read) {
    return read.error();
  }
  history::Filter filter;
  filter.env = params.first("env");
  filter.appid = params.first("appid");
  filter.zone = params.first("zone");
  filter.hostname = params.first("hostname");
  if (params.has("at")) {
    if (filter.env.empty() || filter.appid.empty()) return invalid("at takes env and appid");
    const auto at = parse_moment(params.first("at"), now);
    if (!at) return at.error();
    return state_json(history, registry, node, {filter.env, filter.appid}, *at);
  }
  if (params.has("kind")) {
    filter.kind = history::kind_of_name(params.first("kind"));
    if (!filter.kind) {
      std::string names;
      for (size_t i = 0; i < history::kEventKinds; ++i) {
        (names += i == 0 ? "" : ", ") += kind_name(static_cast<history::EventKind>(i));
      }
      return invalid("kind must be one of " + names);
    }
  }
  for (const auto& [name, to] : {std::pair{"since", &filter.since}, std::pair{"until", &filter.until}}) {
    if (!params.has(name)) continue;
    const auto at = parse_moment(params.first(name), now);
    if (!at) return at.error();
    *to = *at;
  }
  filter.limit = kLimitDefault;
  if (params.has("limit")) {
    const auto limit = number_of("limit", params.first("limit"), 1, kEventsMax);
    if (!limit) return limit.error();
    filter.limit = *limit;
  }
  if (params.has("below")) {
    const auto below = number_of("below", params.first("below"), 1, UINT64_MAX);
    if (!below) return below.error();
    filter.below = *below;
  }
  const history::Found found = history.find(filter);
  ordered_json json;
  json["node"] = node;
  json["reaches_back_to"] = nullptr;
  if (found.reaches_back_to) json["reaches_back_to"] = to_wire_ns(*found.reaches_back_to);
  json["more"] = found.more;
  ordered_json events = ordered_json::array();
  for (const Event& e : found.events) events.push_back(event_json(e));
  json["events"] = std::move(events);
  return text_of(json);
}

Result<std::string> explain_json(const history::History& history, const registry::Registry& registry,
                                 const explain::NodeFacts& facts, std::string_view query, TimePoint now) {
  codec::Params params;
  if (const auto read = read_params(params, query, {"env", "appid", "hostname", "zone", "client_zone", "status"});
      !read) {
    return read.error();
  }
  explain::Question question;
  question.app = {params.first("env"), params.first("appid")};
  question.hostname = params.first("hostname");
  question.zone = params.first("zone");
  question.client_zone = params.first("client_zone");
  if (question.app.env.empty() || question.app.appid.empty() || question.hostname.empty()) {
    return invalid("explain takes env, appid and hostname");
  }
  if (params.has("status")) {
    const auto mask = number_of("status", params.first("status"), 0, UINT32_MAX);
    if (!mask) return mask.error();
    question.status_mask = static_cast<uint32_t>(*mask);
  }
  const explain::Answer answer = explain::explain(registry, history, facts, question, now);
  ordered_json json;
  json["node"] = facts.address;
  json["visible"] = answer.visible;
  json["cause"] = cause_name(answer.cause);
  json["summary"] = answer.summary;
  ordered_json verdicts = ordered_json::array();
  for (const explain::Verdict& v : answer.verdicts) {
    verdicts.push_back({{"about", v.about}, {"passes", v.passes}, {"detail", v.detail}});
  }
  json["verdicts"] = std::move(verdicts);
  return text_of(json);
}

}  // namespace discovery::node
