// The text of /metrics under construction: series are put in, families come out in the Prometheus text format 0.0.4.
//
// Lifecycle: one object per scrape. Thread: its own. The library (prometheus-cpp) writes the text and escapes label
// values; what is in them is made harmless first (escape.h: no control characters, valid UTF-8, at most 256 bytes).
// Limits: kSeriesMax series per family; those after it are summed into one whose label values are all "other" (which
// is part of the count). Series with the same labels are summed too, since a scraper refuses duplicates.
// Errors: none; a metric that is not in the catalogue, of another type, or with another number of labels is a broken
// invariant.
#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "observe/catalogue.h"
#include "observe/histogram.h"

namespace discovery::observe {

/// Where a collector puts its values. Infos are those of namespace metric, by identity.
class FamilySink {
 public:
  using LabelValues = std::span<const std::string_view>;

  /// A counter or gauge; label values in the order of info.labels.
  void add(const MetricInfo& info, std::initializer_list<std::string_view> label_values, double value) {
    add(info, LabelValues(label_values.begin(), label_values.size()), value);
  }
  virtual void add(const MetricInfo& info, LabelValues label_values, double value) = 0;
  /// HELP and TYPE are there even when nothing was added.
  virtual void declare(const MetricInfo& info) = 0;

 protected:
  ~FamilySink() = default;
};

class Exposition final : public FamilySink {
 public:
  static constexpr size_t kSeriesMax = 1000;
  static constexpr size_t kLabelBytesMax = 256;  ///< before "…"
  static constexpr std::string_view kOther = "other";

  Exposition();
  ~Exposition();
  Exposition(const Exposition&) = delete;
  Exposition& operator=(const Exposition&) = delete;

  using FamilySink::add;
  void add(const MetricInfo& info, LabelValues label_values, double value) override;
  void add_histogram(const MetricInfo& info, LabelValues label_values, const HistogramTotal& total);
  void declare(const MetricInfo& info) override;
  /// Families in the order of the catalogue, series in the order they came.
  [[nodiscard]] std::string text() const;

 private:
  class Family;
  Family& family(const MetricInfo& info, MetricType type);

  std::unique_ptr<std::unique_ptr<Family>[]> families_;  ///< by place in the catalogue, null where nothing came
};

}  // namespace discovery::observe
