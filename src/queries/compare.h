// What differs between two nodes, by key, while both go on working.
//
//   sums of both --> branches that differ --> records of both --> keys that differ --a moment later--> still differ?
//
// A change that is on its way from one node to the other looks like a difference. So what differs is looked at again
// after a pause, and counts only if at least one of the two nodes still has what it had: where both have moved, changes
// come faster than they are looked at.
//
// Lifecycle: both nodes are asked while compare() runs, through the functions given. Thread: the caller's, which waits.
// Limits: kDifferencesMax differences are listed. Errors: those of asking; kUnavailable when an answer is not one.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/function_ref.h"
#include "base/result.h"

namespace discovery::queries {

inline constexpr size_t kDifferencesMax = 1000;

/// Answers "/api/digest" and "/api/records?branch=N" as the node does (records_query.h).
using AskNode = FunctionRef<Result<std::string>(const std::string& target)>;

struct Difference {
  std::string env, appid, zone, hostname;
  /// {"state","status","version_number"}; null: the node has no such record.
  nlohmann::ordered_json here, there;

  /// "missing_here", "missing_there", "different".
  [[nodiscard]] std::string_view kind() const;
};

struct Comparison {
  std::string node_here, node_there;  ///< as they call themselves
  uint64_t records_here = 0;
  uint64_t records_there = 0;
  std::vector<Difference> differences;  ///< by environment, application, zone, hostname
  bool more = false;                    ///< there may be others
};

/// `pause` waits for about a second; it is called only if something differs.
[[nodiscard]] Result<Comparison> compare(AskNode here, AskNode there, FunctionRef<void()> pause);

/// {"node","with","equal","records_here","records_there","differences","more"}
[[nodiscard]] nlohmann::ordered_json comparison_json(const Comparison& comparison);

}  // namespace discovery::queries
