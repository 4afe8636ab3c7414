#include "queries/services_query.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <vector>

#include "codec/text.h"
#include "keyspace/record_names.h"
#include "queries/question.h"
#include "queries/record_json.h"

namespace discovery::queries {

using nlohmann::ordered_json;
using registry::AppKey;
using registry::Application;
using registry::Instance;
using registry::InstanceView;
using registry::RecordState;

namespace {

constexpr uint64_t kServicesDefault = 1000;
constexpr uint64_t kInstancesDefault = 5000;

struct Service {
  AppKey app;
  size_t visible = 0;
  size_t up = 0;
  size_t hidden = 0;
  int64_t changed_ns = 0;
  uint64_t watchers = 0;
  std::vector<std::pair<std::string, uint32_t>> zones;  ///< visible instances of each
};

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) { return codec::ascii_lower(a) == codec::ascii_lower(b); };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

Service service_of(const Application& app, const Watchers& watchers) {
  Service s;
  s.app = {std::string(app.key().appid), std::string(app.key().env)};
  s.visible = app.visible_count();
  s.up = app.in_service();
  s.hidden = app.hidden_count();
  s.changed_ns = app.changed_ns();
  if (const auto it = watchers.find(s.app); it != watchers.end()) s.watchers = it->second;
  for (const auto& [zone, count] : app.zones()) s.zones.emplace_back(zone, count.visible);
  return s;
}

enum class Order : uint8_t { kName, kChanged, kInstances, kWatchers };

std::optional<Order> order_of(std::string_view name) {
  if (name.empty() || name == "name") return Order::kName;
  if (name == "changed") return Order::kChanged;
  if (name == "instances") return Order::kInstances;
  if (name == "watchers") return Order::kWatchers;
  return std::nullopt;
}

/// The largest first; equal ones, and by name all, in the order of their names.
void sort_services(std::vector<Service>& services, Order order) {
  const auto rank = [order](const Service& s) -> int64_t {
    switch (order) {
      case Order::kName:
        return 0;
      case Order::kChanged:
        return s.changed_ns;
      case Order::kInstances:
        return static_cast<int64_t>(s.visible);
      case Order::kWatchers:
        return static_cast<int64_t>(s.watchers);
    }
    return 0;
  };
  std::sort(services.begin(), services.end(),
            [&](const Service& a, const Service& b) { return rank(a) != rank(b) ? rank(a) > rank(b) : a.app < b.app; });
}

ordered_json service_row(const Service& s) {
  ordered_json row;
  row["env"] = s.app.env;
  row["appid"] = s.app.appid;
  row["visible"] = s.visible;
  row["up"] = s.up;
  row["waiting"] = s.visible - s.up;
  row["hidden"] = s.hidden;
  row["zones"] = ordered_json::object();
  for (const auto& [zone, count] : s.zones) row["zones"][zone] = count;
  row["watchers"] = s.watchers;
  row["last_change"] = s.changed_ns;
  return row;
}

struct Page {
  size_t offset = 0;
  size_t limit = 0;

  static Result<Page> read(const Question& question, uint64_t limit_absent) {
    const auto limit = question.number("limit", {1, kRowsMax, limit_absent});
    if (!limit) return limit.error();
    const auto offset = question.number("offset", {0, UINT32_MAX, 0});
    if (!offset) return offset.error();
    return Page{*offset, *limit};
  }
  /// The part of `rows` that is on it.
  template <class T>
  [[nodiscard]] std::span<const T> of(const std::vector<T>& rows) const {
    const size_t begin = std::min(offset, rows.size());
    return std::span(rows).subspan(begin, std::min(limit, rows.size() - begin));
  }
};

ordered_json instance_row(const InstanceView& view, Duration expire_after, TimePoint now) {
  const Instance& i = *view.instance;
  const Duration age = now - from_wire_ns(view.renew_ns);
  ordered_json row;
  row["zone"] = i.zone();
  row["hostname"] = i.hostname();
  add_numbers(row, i.numbers);
  add_content(row, {i.region(), i.version(), i.addrs_json(), i.metadata_json()});
  add_times(row, i.numbers, view.renew_ns);
  row["lease_age_seconds"] = std::chrono::duration<double>(age).count();
  const auto origin = keyspace::key_origin_of(i);
  Duration length = expire_after;
  if (origin) length = origin->lease > Duration::zero() ? origin->lease : Duration::max();
  row["overdue"] = i.numbers.state == RecordState::kVisible && age > length;
  add_origin(row, origin);
  return row;
}

/// Cancelled ones last.
void sort_instances(std::vector<InstanceView>& instances) {
  std::sort(instances.begin(), instances.end(), [](const InstanceView& a, const InstanceView& b) {
    const bool a_gone = a.instance->numbers.state == RecordState::kTombstone;
    const bool b_gone = b.instance->numbers.state == RecordState::kTombstone;
    return std::tuple(a_gone, a.instance->zone(), a.instance->hostname()) <
           std::tuple(b_gone, b.instance->zone(), b.instance->hostname());
  });
}

}  // namespace

Result<std::string> services_json(const registry::Registry& registry, const Watchers& watchers, std::string_view node,
                                  std::string_view query) {
  const auto question = Question::read(query, {"env", "zone", "q", "sort", "limit", "offset"});
  if (!question) return question.error();
  const auto order = order_of(question->text("sort"));
  if (!order) return invalid("sort must be one of name, changed, instances, watchers");
  const auto page = Page::read(*question, kServicesDefault);
  if (!page) return page.error();
  const std::string_view env = question->text("env");
  const std::string_view zone = question->text("zone");
  std::vector<Service> services;
  size_t total = 0;
  registry.for_each_stored([&](const Application& app) {
    ++total;
    if (!env.empty() && app.key().env != env) return;
    if (!zone.empty() && !app.zone(zone)) return;
    if (!contains_ignoring_case(app.key().appid, question->text("q"))) return;
    services.push_back(service_of(app, watchers));
  });
  sort_services(services, *order);
  ordered_json json;
  json["node"] = node;
  json["total"] = total;
  json["matched"] = services.size();
  ordered_json rows = ordered_json::array();
  for (const Service& s : page->of(services)) rows.push_back(service_row(s));
  json["services"] = std::move(rows);
  return text_of(json);
}

Result<std::string> service_json(const registry::Registry& registry, const ServiceFacts& facts, std::string_view query,
                                 TimePoint now) {
  const auto question = Question::read(query, {"env", "appid", "limit", "offset"});
  if (!question) return question.error();
  if (const auto named = question->require({"env", "appid"}); !named) return named.error();
  const auto page = Page::read(*question, kInstancesDefault);
  if (!page) return page.error();
  const registry::AppKeyView app{question->text("env"), question->text("appid")};
  std::unique_ptr<registry::Listing> all;
  Service service;
  registry.with_records(app, [&](const Application* stored) {
    if (!stored || stored->record_count() == 0) return;
    service = service_of(*stored, facts.watchers);
    all = stored->copy_all();
  });
  if (!all)
    return not_found("nothing is or was registered as " + std::string(app.appid) + " in " + std::string(app.env));
  std::vector<InstanceView> instances = all->instances();
  sort_instances(instances);
  ordered_json json;
  json["node"] = facts.node;
  json.update(service_row(service));
  json["cancelled"] = instances.size() - service.visible - service.hidden;
  json["latest_timestamp"] = all->latest_timestamp_ns();
  json["lease_seconds"] = std::chrono::duration<double>(facts.expire_after).count();
  json["braked"] = nullptr;
  for (const registry::BrakedApplication& b : facts.braked) {
    if (b.app != service.app) continue;
    json["braked"] = {{"since", to_wire_ns(b.since)}, {"until", to_wire_ns(b.until)}};
  }
  json["scheduler"] = nullptr;
  if (all->scheduler()) json["scheduler"] = parsed(all->scheduler()->bytes(false));
  json["total"] = instances.size();
  ordered_json rows = ordered_json::array();
  for (const InstanceView& i : page->of(instances)) rows.push_back(instance_row(i, facts.expire_after, now));
  json["instances"] = std::move(rows);
  return text_of(json);
}

}  // namespace discovery::queries
