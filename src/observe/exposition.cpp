#include "observe/exposition.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "observe/escape.h"

namespace discovery::observe {
namespace {

using Labels = std::vector<std::string>;

size_t place_of(const MetricInfo& info) {
  const auto all = catalogue();
  const auto it = std::find(all.begin(), all.end(), &info);
  DISCOVERY_CHECK(it != all.end(), "an exported metric stands in the catalogue");
  return static_cast<size_t>(it - all.begin());
}

prometheus::MetricType library_type(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return prometheus::MetricType::Counter;
    case MetricType::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricType::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric::Histogram library_histogram(const HistogramTotal& total) {
  prometheus::ClientMetric::Histogram h;
  uint64_t cumulative = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    cumulative += total.counts[i];
    const double bound = i < kBucketBounds.size() ? kBucketBounds[i] : std::numeric_limits<double>::infinity();
    h.bucket.push_back({cumulative, bound});
  }
  h.sample_count = cumulative;
  h.sample_sum = static_cast<double>(total.sum_ns) / 1e9;
  return h;
}

}  // namespace

class Exposition::Family {
 public:
  explicit Family(const MetricInfo& info) : info_(info) {}

  void add(Labels labels, double value) {
    if (const auto it = index_.find(labels); it != index_.end()) {
      series_[it->second].value += value;
    } else if (!other_ && series_.size() < kSeriesMax) {
      index_.emplace(labels, series_.size());
      series_.push_back({std::move(labels), value, {}});
    } else {
      if (!other_) make_other();
      series_[*other_].value += value;
    }
  }
  void add(Labels labels, const HistogramTotal& total) { series_.push_back({std::move(labels), 0, total}); }

  [[nodiscard]] prometheus::MetricFamily to_library() const {
    prometheus::MetricFamily f;
    f.name = info_.name;
    f.help = info_.help;
    f.type = library_type(info_.type);
    for (const Series& s : series_) f.metric.push_back(to_library(s));
    return f;
  }

 private:
  struct Series {
    Labels labels;
    double value;
    HistogramTotal histogram;
  };

  /// Gives up the last series to make room for the sum of what no longer fits.
  void make_other() {
    Series last = std::move(series_.back());
    series_.pop_back();
    index_.erase(last.labels);
    const Labels labels(last.labels.size(), std::string(kOther));
    const auto named = index_.find(labels);  // a client may have called its zone so
    other_ = named != index_.end() ? named->second : series_.size();
    if (named == index_.end()) {
      index_.emplace(labels, *other_);
      series_.push_back({labels, 0, {}});
    }
    series_[*other_].value += last.value;
  }
  [[nodiscard]] prometheus::ClientMetric to_library(const Series& s) const {
    prometheus::ClientMetric m;
    for (size_t i = 0; i < s.labels.size(); ++i) m.label.push_back({std::string(info_.labels[i]), s.labels[i]});
    switch (info_.type) {
      case MetricType::kCounter:
        m.counter.value = s.value;
        break;
      case MetricType::kGauge:
        m.gauge.value = s.value;
        break;
      case MetricType::kHistogram:
        m.histogram = library_histogram(s.histogram);
        break;
    }
    return m;
  }

  const MetricInfo& info_;
  std::vector<Series> series_;
  std::map<Labels, size_t> index_;  ///< a tree: label values come from clients
  std::optional<size_t> other_;     ///< set once the family was full
};

namespace {

Labels harmless(const MetricInfo& info, FamilySink::LabelValues values) {
  DISCOVERY_CHECK(values.size() == info.label_count(), "a metric has as many label values as names");
  Labels labels;
  for (const std::string_view v : values) {
    append_escaped(labels.emplace_back(), v, Exposition::kLabelBytesMax, EscapeMode::kPlain);
  }
  return labels;
}

}  // namespace

Exposition::Exposition() : families_(std::make_unique<std::unique_ptr<Family>[]>(catalogue().size())) {}
Exposition::~Exposition() = default;

Exposition::Family& Exposition::family(const MetricInfo& info, MetricType type) {
  DISCOVERY_CHECK(info.type == type, "a metric is exported as what it is");
  auto& slot = families_[place_of(info)];
  if (!slot) slot = std::make_unique<Family>(info);
  return *slot;
}

void Exposition::declare(const MetricInfo& info) { family(info, info.type); }

void Exposition::add(const MetricInfo& info, LabelValues label_values, double value) {
  DISCOVERY_CHECK(info.type != MetricType::kHistogram, "a histogram is no single value");
  family(info, info.type).add(harmless(info, label_values), value);
}

void Exposition::add_histogram(const MetricInfo& info, LabelValues label_values, const HistogramTotal& total) {
  family(info, MetricType::kHistogram).add(harmless(info, label_values), total);
}

std::string Exposition::text() const {
  std::vector<prometheus::MetricFamily> families;
  for (size_t i = 0; i < catalogue().size(); ++i) {
    if (families_[i]) families.push_back(families_[i]->to_library());
  }
  const prometheus::TextSerializer serializer;
  return serializer.Serialize(families);
}

}  // namespace discovery::observe
