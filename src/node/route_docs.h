// What is written about each route of the table, for people: the source of /openapi.json (openapi.h).
//
// Every row of kRoutes has one record here, which is checked when this is compiled: a new route needs one. What the row
// says itself (method, path, what a caller needs) is not repeated, nor what every route may answer alike: refusals for
// want of rights, and those that come before a route is looked for.
//
// Thread: constants. Source of what they say: discovery-api.md 6 and 7, operations.md 2, 4, 5 and 7.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "node/routes.h"

namespace discovery::node {

struct ParamDoc {
  enum class Type : uint8_t { kText, kInteger, kFlag };
  /// In the form of a POST under /discovery/ (and in its query), else in the query.
  enum class Place : uint8_t { kUsual, kHeader, kPath };

  std::string_view name;
  std::string_view description;
  std::string_view example = {};  ///< as it is written in a query; "": none
  Type type = Type::kText;
  bool required = false;
  bool repeats = false;
  std::optional<int64_t> least = {};  ///< of a text: its bytes
  std::optional<int64_t> most = {};
  std::span<const std::string_view> one_of = {};
  Place place = Place::kUsual;
};

struct ExampleDoc {
  std::string_view name;
  std::string_view value;  ///< JSON, or text where the answer is text
};

struct AnswerDoc {
  int status = 200;
  std::string_view description;
  std::string_view content_type;  ///< without parameters
  std::string_view schema;        ///< of openapi_schemas.h; "": text
  std::span<const ExampleDoc> examples;
};

struct RouteDoc {
  RouteTarget target;
  std::string_view id;  ///< unique, as generators of clients name the operation
  std::string_view summary;
  std::string_view description;
  std::span<const ParamDoc> params;
  std::span<const AnswerDoc> answers;
};

constexpr ParamDoc required(ParamDoc param) {
  param.required = true;
  return param;
}
constexpr ParamDoc repeated(ParamDoc param) {
  param.repeats = true;
  return param;
}

/// Each row of that kind has a record among these, and no other has.
constexpr bool describes_all(std::span<const RouteDoc> docs, RouteTarget::Kind kind) {
  size_t rows = 0;
  for (const RouteRow& row : kRoutes) {
    if (row.target.kind() != kind) continue;
    ++rows;
    size_t records = 0;
    for (const RouteDoc& doc : docs) records += doc.target == row.target;
    if (records != 1) return false;
  }
  return rows == docs.size();
}

[[nodiscard]] std::span<const RouteDoc> discovery_docs();
[[nodiscard]] std::span<const RouteDoc> operator_docs();
[[nodiscard]] std::span<const RouteDoc> peer_docs();

}  // namespace discovery::node
