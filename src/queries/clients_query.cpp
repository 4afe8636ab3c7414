#include "queries/clients_query.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "queries/question.h"
#include "queries/record_json.h"

namespace discovery::queries {

using guard::ClientCounts;
using guard::Slowed;
using nlohmann::ordered_json;
using Row = guard::ClientTable::Row;

namespace {

constexpr uint64_t kClientsDefault = 100;

void add_slowed(std::vector<Slowed>& to, const Slowed& more) {
  const auto it = std::find_if(to.begin(), to.end(), [&](const Slowed& s) { return s.rule == more.rule; });
  if (it == to.end()) {
    to.push_back(more);
    return;
  }
  it->answers += more.answers;
  it->since = std::min(it->since, more.since);
  if (more.last > it->last) {
    it->last = more.last;
    it->what = more.what;
  }
}

void add_counts(ClientCounts& to, const ClientCounts& more) {
  to.requests += more.requests;
  to.registers += more.registers;
  to.registers_unchanged += more.registers_unchanged;
  to.renews += more.renews;
  to.renews_not_found += more.renews_not_found;
  to.cancels += more.cancels;
  to.polls += more.polls;
  to.polls_at_once += more.polls_at_once;
  for (const Slowed& s : more.slowed) add_slowed(to.slowed, s);
}

ordered_json client_row(const Row& r, const ConnectionCounts& c) {
  const ClientCounts& n = r.counts;
  ordered_json row;
  row["address"] = r.ip;
  row["connections"] = c.open;
  row["parked_polls"] = c.parked;
  row["slow"] = c.slow;
  row["requests"] = n.requests;
  row["requests_per_second"] = r.requests_per_second;
  row["registers"] = n.registers;
  row["registers_unchanged"] = n.registers_unchanged;
  row["renews"] = n.renews;
  row["renews_not_found"] = n.renews_not_found;
  row["cancels"] = n.cancels;
  row["polls"] = n.polls;
  row["polls_at_once"] = n.polls_at_once;
  uint64_t answers = 0;
  ordered_json slowed = ordered_json::array();
  for (const Slowed& s : n.slowed) {
    answers += s.answers;
    slowed.push_back({{"rule", rule_name(s.rule)},
                      {"what", s.what},
                      {"since", to_wire_ns(s.since)},
                      {"last", to_wire_ns(s.last)},
                      {"answers", s.answers}});
  }
  row["slowed_answers"] = answers;
  row["slowed"] = std::move(slowed);
  return row;
}

}  // namespace

std::vector<Row> sum_by_address(std::vector<Row> rows) {
  std::map<std::string, Row, std::less<>> by_address;
  for (Row& r : rows) {
    const auto [it, first] = by_address.try_emplace(r.ip, r);
    if (first) continue;
    it->second.requests_per_second += r.requests_per_second;
    add_counts(it->second.counts, r.counts);
  }
  std::vector<Row> sums;
  sums.reserve(by_address.size());
  for (auto& [ip, row] : by_address) sums.push_back(std::move(row));
  return sums;
}

size_t slowed_clients(std::span<const Row> rows, TimePoint now) {
  return static_cast<size_t>(std::count_if(rows.begin(), rows.end(), [&](const Row& r) {
    return std::any_of(r.counts.slowed.begin(), r.counts.slowed.end(),
                       [&](const Slowed& s) { return now - s.last < kSlowedFor; });
  }));
}

Result<std::string> clients_json(std::vector<Row> rows, const ConnectionsByClient& connections, std::string_view node,
                                 std::string_view query) {
  const auto question = Question::read(query, {"sort", "limit"});
  if (!question) return question.error();
  const auto limit = question->number("limit", {1, kClientRowsMax, kClientsDefault});
  if (!limit) return limit.error();
  std::set<std::string, std::less<>> heard;
  for (const Row& r : rows) heard.insert(r.ip);
  for (const auto& [ip, c] : connections) {  // who is connected and was not heard yet, or not for long
    if (!heard.contains(ip)) rows.push_back({.ip = ip, .requests_per_second = 0, .counts = {}});
  }
  const auto counts_of = [&](const Row& r) {
    const auto it = connections.find(r.ip);
    return it == connections.end() ? ConnectionCounts{} : it->second;
  };
  std::function<double(const Row&)> rank;
  const std::string_view sort = question->text("sort");
  if (sort.empty() || sort == "requests") {
    rank = [](const Row& r) { return r.requests_per_second; };
  } else if (sort == "polls") {
    rank = [&](const Row& r) { return static_cast<double>(counts_of(r).parked); };
  } else if (sort == "connections") {
    rank = [&](const Row& r) { return static_cast<double>(counts_of(r).open); };
  } else {
    return invalid("sort must be one of requests, polls, connections");
  }
  std::sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    const double ra = rank(a), rb = rank(b);
    if (ra != rb) return ra > rb;
    return a.counts.requests != b.counts.requests ? a.counts.requests > b.counts.requests : a.ip < b.ip;
  });
  ordered_json json;
  json["node"] = node;
  json["total"] = rows.size();
  ordered_json clients = ordered_json::array();
  for (const Row& r : std::span(rows).first(std::min(rows.size(), *limit))) {
    clients.push_back(client_row(r, counts_of(r)));
  }
  json["clients"] = std::move(clients);
  return text_of(json);
}

}  // namespace discovery::queries
