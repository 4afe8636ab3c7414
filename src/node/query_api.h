// The questions that an operator asks a node about instances: what happened, and why is this one visible or not.
//
//   GET /api/history?env=&appid=&zone=&hostname=&kind=&since=&until=&below=&limit=     events, newest first
//   GET /api/history?env=&appid=&at=                                                   what the application was then
//   GET /api/explain?env=&appid=&hostname=&zone=&client_zone=&status=                  why
//
// Every answer is a JSON object; errors are {"error": text} with 400. Times are RFC 3339 in UTC, Unix seconds or
// nanoseconds, or a duration, which means so long ago. A parameter that is not known is an error.
//
// Thread: any that serves no clients; find() and explain() read a bounded memory, the registry for one application.
// Limits: kEventsMax events an answer.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "explain/explain.h"
#include "history/history.h"
#include "registry/registry.h"

namespace discovery::node {

inline constexpr size_t kEventsMax = 1000;

[[nodiscard]] Result<std::string> history_json(const history::History& history, const registry::Registry& registry,
                                               std::string_view node, std::string_view query, TimePoint now);
[[nodiscard]] Result<std::string> explain_json(const history::History& history, const registry::Registry& registry,
                                               const explain::NodeFacts& facts, std::string_view query, TimePoint now);

/// Of a parameter, see above.
[[nodiscard]] Result<TimePoint> parse_moment(std::string_view text, TimePoint now);

}  // namespace discovery::node
