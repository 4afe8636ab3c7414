#include "queries/rates.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <set>

#include "queries/record_json.h"

namespace discovery::queries {

using nlohmann::ordered_json;

namespace {

std::vector<uint64_t> difference(const std::vector<uint64_t>& now, const std::vector<uint64_t>& before) {
  std::vector<uint64_t> counts = now;
  for (size_t i = 0; i < counts.size() && i < before.size(); ++i) counts[i] -= before[i];
  return counts;
}

}  // namespace

std::optional<double> quantile(std::span<const uint64_t> counts, std::span<const double> bounds, double share) {
  uint64_t all = 0;
  for (const uint64_t c : counts) all += c;
  if (all == 0 || bounds.empty()) return std::nullopt;
  double below = 0;
  for (size_t i = 0; i < bounds.size() && i < counts.size(); ++i) {
    below += static_cast<double>(counts[i]);
    if (below >= share * static_cast<double>(all)) return bounds[i];
  }
  return bounds.back();
}

void Rates::add(const Totals& totals) {
  const MutexLock lock(mutex_);
  if (last_ && totals.at > last_->at) {
    const double seconds = std::chrono::duration<double>(totals.at - last_->at).count();
    const auto rate = [&](uint64_t now, uint64_t before) { return static_cast<double>(now - before) / seconds; };
    Step step;
    step.at = totals.at;
    step.registers = rate(totals.registers, last_->registers);
    step.renews = rate(totals.renews, last_->renews);
    step.cancels = rate(totals.cancels, last_->cancels);
    step.expired = rate(totals.expired, last_->expired);
    step.requests = rate(totals.requests, last_->requests);
    step.wakeups = rate(totals.wakeups, last_->wakeups);
    step.cpu = (totals.cpu_seconds - last_->cpu_seconds) / seconds;
    const auto counts = difference(totals.notify_counts, last_->notify_counts);
    step.notify_p50 = quantile(counts, totals.notify_bounds, 0.5);
    step.notify_p99 = quantile(counts, totals.notify_bounds, 0.99);
    step.instances = totals.instances;
    step.parked_polls = totals.parked_polls;
    step.memory_bytes = totals.memory_bytes;
    step.lag_seconds = totals.lag_seconds;
    steps_.push_back(std::move(step));
    if (steps_.size() > kStepsMax) steps_.pop_front();
  }
  last_ = totals;
}

std::deque<Rates::Step> Rates::copy() const {
  const MutexLock lock(mutex_);
  return steps_;
}

std::string Rates::json(std::string_view node) const {
  const std::deque<Step> steps = copy();
  ordered_json json;
  json["node"] = node;
  json["interval_seconds"] = std::chrono::duration<double>(kStep).count();
  const auto add = [&](const char* name, auto value_of) {
    ordered_json values = ordered_json::array();
    for (const Step& s : steps) values.push_back(value_of(s));
    json[name] = std::move(values);
  };
  const auto or_null = [](const std::optional<double>& v) { return v ? ordered_json(*v) : ordered_json(nullptr); };
  add("at", [](const Step& s) { return to_wire_ns(s.at); });
  add("registers", [](const Step& s) { return s.registers; });
  add("renews", [](const Step& s) { return s.renews; });
  add("cancels", [](const Step& s) { return s.cancels; });
  add("expired", [](const Step& s) { return s.expired; });
  add("requests", [](const Step& s) { return s.requests; });
  add("wakeups", [](const Step& s) { return s.wakeups; });
  add("notify_p50_seconds", [&](const Step& s) { return or_null(s.notify_p50); });
  add("notify_p99_seconds", [&](const Step& s) { return or_null(s.notify_p99); });
  add("instances", [](const Step& s) { return s.instances; });
  add("parked_polls", [](const Step& s) { return s.parked_polls; });
  add("cpu", [](const Step& s) { return s.cpu; });
  add("memory_bytes", [](const Step& s) { return s.memory_bytes; });
  std::set<std::string> peers;
  for (const Step& s : steps) {
    for (const auto& [peer, lag] : s.lag_seconds) peers.insert(peer);
  }
  json["lag_seconds"] = ordered_json::object();
  for (const std::string& peer : peers) {
    ordered_json values = ordered_json::array();
    for (const Step& s : steps) {
      const auto it = s.lag_seconds.find(peer);
      values.push_back(it == s.lag_seconds.end() ? ordered_json(nullptr) : ordered_json(it->second));
    }
    json["lag_seconds"][peer] = std::move(values);
  }
  return text_of(json);
}

}  // namespace discovery::queries
