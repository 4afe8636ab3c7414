#include "observe/metrics_registry.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace discovery::observe {
namespace {

using Reactors = std::vector<const ReactorMetrics*>;

/// The sum over the reactors of what `read` finds in one.
template <class Read>
double sum(const Reactors& reactors, Read read) {
  // In whole numbers, so that nothing is lost before the end.
  decltype(read(*reactors.front())) total = 0;
  for (const ReactorMetrics* r : reactors) total += read(*r);
  return static_cast<double>(total);
}

/// One series for each label value; `pick` finds the CounterSet in a reactor.
template <size_t N, class Pick>
void add_set(Exposition& out, const MetricInfo& info, const std::array<std::string_view, N>& values,
             const Reactors& reactors, Pick pick) {
  for (size_t i = 0; i < N; ++i) {
    out.add(info, {values[i]}, sum(reactors, [&](const ReactorMetrics& r) { return pick(r).all()[i].value(); }));
  }
}

/// The same for the results of a write, which carry the protocol too.
template <class Pick>
void add_writes(Exposition& out, const MetricInfo& info, const Reactors& reactors, Pick pick) {
  for (size_t i = 0; i < kWriteResults.size(); ++i) {
    out.add(info, {kProtoDiscovery, kWriteResults[i]},
            sum(reactors, [&](const ReactorMetrics& r) { return pick(r.discovery).all()[i].value(); }));
  }
}

template <size_t N, class E>
void add_shared(Exposition& out, const MetricInfo& info, const std::array<std::string_view, N>& values,
                const CounterSet<E, N, SharedCounter>& set) {
  for (size_t i = 0; i < N; ++i) out.add(info, {values[i]}, static_cast<double>(set.all()[i].value()));
}

}  // namespace

MetricsRegistry::MetricsRegistry(BuildInfo build, const NodeMetrics& node) : build_(std::move(build)), node_(node) {}

void MetricsRegistry::add_reactor(const ReactorMetrics& reactor) {
  const auto names = reactor.requests.names();
  if (!reactors_.empty()) {
    const auto first = reactors_.front()->requests.names();
    DISCOVERY_CHECK(std::equal(names.begin(), names.end(), first.begin(), first.end()),
                    "all reactors have the same routes");
  }
  reactors_.push_back(&reactor);
}

void MetricsRegistry::add_value(const MetricInfo& info, std::initializer_list<std::string_view> label_values,
                                Value value) {
  const auto all = catalogue();
  DISCOVERY_CHECK(std::find(all.begin(), all.end(), &info) != all.end(), "an exported metric stands in the catalogue");
  DISCOVERY_CHECK(info.type != MetricType::kHistogram, "a histogram is no single value");
  DISCOVERY_CHECK(label_values.size() == info.label_count(), "a metric has as many label values as names");
  NamedValue added{&info, {label_values.begin(), label_values.end()}, std::move(value)};
  for (const NamedValue& v : values_) {
    DISCOVERY_CHECK(v.info != added.info || v.label_values != added.label_values, "a series is added once");
  }
  values_.push_back(std::move(added));
}

void MetricsRegistry::add_collector(Collector collector) { collectors_.push_back(std::move(collector)); }

std::string MetricsRegistry::render() const {
  Exposition out;
  out.add(metric::kBuildInfo, {build_.version, build_.commit}, 1);
  if (!reactors_.empty()) {
    collect_requests(out);
    collect_protocol(out);
    collect_reactors(out);
  }
  collect_node(out);
  collect_values(out);
  for (const Collector& c : collectors_) c(out);
  process_.collect(out);
  return out.text();
}

void MetricsRegistry::collect_requests(Exposition& out) const {
  // Outcomes never seen and routes never asked are left out: most of the table, for ever.
  out.declare(metric::kHttpRequests);
  out.declare(metric::kHttpRequestSeconds);
  const auto names = reactors_.front()->requests.names();
  for (size_t route = 0; route < names.size(); ++route) {
    for (size_t o = 0; o <= RequestMetrics::kOther; ++o) {
      const double n = sum(reactors_, [&](const ReactorMetrics& r) { return r.requests.requests(route, o); });
      if (n == 0) continue;
      const std::string code =
          o == RequestMetrics::kOther ? std::string(Exposition::kOther) : std::to_string(RequestMetrics::kOutcomes[o]);
      out.add(metric::kHttpRequests, {names[route], code}, n);
    }
    HistogramTotal seconds;
    for (const ReactorMetrics* r : reactors_) r->requests.seconds(route).add_to(seconds);
    if (seconds.count() != 0) out.add_histogram(metric::kHttpRequestSeconds, {&names[route], 1}, seconds);
  }
}

void MetricsRegistry::collect_protocol(Exposition& out) const {
  using P = ProtocolMetrics;
  add_writes(out, metric::kRegisters, reactors_, [](const P& p) -> const P::Writes& { return p.registers; });
  add_writes(out, metric::kRenews, reactors_, [](const P& p) -> const P::Writes& { return p.renews; });
  add_writes(out, metric::kSets, reactors_, [](const P& p) -> const P::Writes& { return p.sets; });
  for (size_t cause = 0; cause < kCancelCauses.size(); ++cause) {
    for (size_t i = 0; i < kWriteResults.size(); ++i) {
      out.add(metric::kCancels, {kProtoDiscovery, kCancelCauses[cause], kWriteResults[i]},
              sum(reactors_, [&](const ReactorMetrics& r) { return r.discovery.cancels[cause].all()[i].value(); }));
    }
  }
  out.add(metric::kFanoutBytes, {kProtoDiscovery},
          sum(reactors_, [](const ReactorMetrics& r) { return r.discovery.fanout_bytes.value(); }));
  HistogramTotal notify;
  for (const ReactorMetrics* r : reactors_) r->discovery.notify_seconds.add_to(notify);
  out.add_histogram(metric::kNotifySeconds, {&kProtoDiscovery, 1}, notify);
}

void MetricsRegistry::collect_reactors(Exposition& out) const {
  using R = ReactorMetrics;
  add_set(
      out, metric::kPollWakeups, kWakeReasons, reactors_, [](const R& r) -> auto& { return r.poll_wakeups; });
  add_set(
      out, metric::kThrottled, kThrottleRules, reactors_, [](const R& r) -> auto& { return r.throttled; });
  out.add(metric::kEmptyAnswers, {}, sum(reactors_, [](const R& r) { return r.empty_answers.value(); }));
  out.add(metric::kViewRenders, {}, sum(reactors_, [](const R& r) { return r.view_renders.value(); }));
  out.add(metric::kViewReuses, {}, sum(reactors_, [](const R& r) { return r.view_reuses.value(); }));
}

void MetricsRegistry::collect_node(Exposition& out) const {
  add_shared(out, metric::kEvictions, kEvictReasons, node_.evictions);
  add_shared(out, metric::kConfigReloads, kReloadResults, node_.config_reloads);
  add_shared(out, metric::kUpgrades, kUpgradeResults, node_.upgrades);
}

void MetricsRegistry::collect_values(Exposition& out) const {
  for (const NamedValue& v : values_) {
    const std::vector<std::string_view> labels(v.label_values.begin(), v.label_values.end());
    out.add(*v.info, labels, v.value());
  }
}

}  // namespace discovery::observe
