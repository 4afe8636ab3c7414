// Requests of one reactor by route and outcome, and how long they took.
//
// The outcome is the code of the answer's envelope under /discovery/ (0, -304, -400, …), else the HTTP status; codes
// that are not in kOutcomes count as "other", so no client can make a new series.
// Parked polls are counted when they are answered, but not observed in the histogram: they last as long as nothing
// changes, which says nothing about us (what matters there is discovery_notify_seconds).
// Thread: one writes, any reads. Cost: a table, one addition. Limit: kRoutesMax routes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/time.h"
#include "observe/counter.h"
#include "observe/histogram.h"

namespace discovery::observe {

class RequestMetrics {
 public:
  static constexpr size_t kRoutesMax = 64;
  static constexpr std::array<int, 23> kOutcomes = {0,   -304, -400, -404, -409, -500, 200, 400, 404,  405,  408, 413,
                                                    431, 500,  503,  202,  304,  403,  409, 422, -401, -403, 401};
  static constexpr size_t kOther = kOutcomes.size();

  /// Names have static storage; every reactor gets the same table.
  explicit RequestMetrics(std::span<const std::string_view> routes) : names_(routes), routes_(routes.size()) {
    DISCOVERY_CHECK(routes.size() <= kRoutesMax, "the table of routes has a bound");
  }

  /// `route` is an index into the names.
  void count(size_t route, int code) { at(route).outcomes[outcome_of(code)].add(); }
  void observe(size_t route, Duration took) { at(route).seconds.observe(took); }

  [[nodiscard]] std::span<const std::string_view> names() const { return names_; }
  [[nodiscard]] uint64_t requests(size_t route, size_t outcome) const { return at(route).outcomes[outcome].value(); }
  [[nodiscard]] const Histogram& seconds(size_t route) const { return at(route).seconds; }

  /// Index into kOutcomes, or kOther.
  [[nodiscard]] static constexpr size_t outcome_of(int code) {
    switch (code) {
      case 0:
        return 0;
      case -304:
        return 1;
      case -400:
        return 2;
      case -404:
        return 3;
      case -409:
        return 4;
      case -500:
        return 5;
      case 200:
        return 6;
      case 400:
        return 7;
      case 404:
        return 8;
      case 405:
        return 9;
      case 408:
        return 10;
      case 413:
        return 11;
      case 431:
        return 12;
      case 500:
        return 13;
      case 503:
        return 14;
      case 202:
        return 15;
      case 304:
        return 16;
      case 403:
        return 17;
      case 409:
        return 18;
      case 422:
        return 19;
      case -401:
        return 20;
      case -403:
        return 21;
      case 401:
        return 22;
      default:
        return kOther;
    }
  }

 private:
  struct Route {
    std::array<Counter, kOutcomes.size() + 1> outcomes;
    Histogram seconds;
  };

  Route& at(size_t route) {
    DISCOVERY_CHECK(route < routes_.size(), "a route is one of the table");
    return routes_[route];
  }
  [[nodiscard]] const Route& at(size_t route) const {
    DISCOVERY_CHECK(route < routes_.size(), "a route is one of the table");
    return routes_[route];
  }

  std::span<const std::string_view> names_;
  std::vector<Route> routes_;
};

}  // namespace discovery::observe
