#include "queries/history_query.h"

#include <chrono>

#include "queries/question.h"
#include "queries/record_json.h"

namespace discovery::queries {

using history::Event;
using nlohmann::ordered_json;

namespace {

constexpr size_t kLimitDefault = 100;

ContentView view_of(const history::Content& c) { return {c.region, c.version, c.addrs_json, c.metadata_json}; }

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
    add_content(one, view_of(*i.past.content));
    add_times(one, i.past.numbers, i.past.lease_ns);
    add_origin(one, keyspace::key_origin_of(i.past.content->origin));
    instances.push_back(std::move(one));
  }
  json["instances"] = std::move(instances);
  return text_of(json);
}

Result<history::Filter> read_filter(const Question& question, TimePoint now) {
  history::Filter filter;
  filter.env = question.text("env");
  filter.appid = question.text("appid");
  filter.zone = question.text("zone");
  filter.hostname = question.text("hostname");
  if (question.has("kind")) {
    filter.kind = history::kind_of_name(question.text("kind"));
    if (!filter.kind) {
      std::string names;
      for (size_t i = 0; i < history::kEventKinds; ++i) {
        (names += i == 0 ? "" : ", ") += kind_name(static_cast<history::EventKind>(i));
      }
      return invalid("kind must be one of " + names);
    }
  }
  for (const auto& [name, to] : {std::pair{"since", &filter.since}, std::pair{"until", &filter.until}}) {
    const auto at = question.moment(name, now, *to);
    if (!at) return at.error();
    *to = *at;
  }
  const auto limit = question.number("limit", {1, kEventsMax, kLimitDefault});
  if (!limit) return limit.error();
  filter.limit = *limit;
  const auto below = question.number("below", {1, UINT64_MAX, filter.below});
  if (!below) return below.error();
  filter.below = *below;
  return filter;
}

}  // namespace

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
  add_origin(json, keyspace::key_origin_of(e.origin));
  json["before"] = nullptr;
  if (e.before) {
    ordered_json before;
    add_numbers(before, e.before->numbers);
    before["renew_timestamp"] = e.before->lease_ns;
    if (e.before->content) {
      add_content(before, view_of(*e.before->content));
      add_origin(before, keyspace::key_origin_of(e.before->content->origin));
    }
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

Result<std::string> history_json(const history::History& history, const registry::Registry& registry,
                                 std::string_view node, std::string_view query, TimePoint now) {
  if (!history.enabled()) return Error{ErrorCode::kUnavailable, "no history is kept (history.enabled is false)"};
  const auto question =
      Question::read(query, {"env", "appid", "zone", "hostname", "kind", "since", "until", "below", "limit", "at"});
  if (!question) return question.error();
  if (question->has("at")) {
    if (const auto named = question->require({"env", "appid"}); !named) return named.error();
    const auto at = question->moment("at", now, now);
    if (!at) return at.error();
    return state_json(history, registry, node, {question->text("env"), question->text("appid")}, *at);
  }
  const auto filter = read_filter(*question, now);
  if (!filter) return filter.error();
  const history::Found found = history.find(*filter);
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

}  // namespace discovery::queries
