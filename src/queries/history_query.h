// What happened to the instances of this node.
//
//   GET /api/history?env=&appid=&zone=&hostname=&kind=&since=&until=&below=&limit=     events, newest first
//   GET /api/history?env=&appid=&at=                                                   what the application was then
//
// The answer is a JSON object. Thread: any that serves no clients; it reads a bounded memory, and the registry for one
// application. Limits: kEventsMax events an answer. Errors: kInvalidArgument; kUnavailable when no history is kept.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "history/history.h"
#include "registry/registry.h"

namespace discovery::queries {

inline constexpr size_t kEventsMax = 1000;

[[nodiscard]] Result<std::string> history_json(const history::History& history, const registry::Registry& registry,
                                               std::string_view node, std::string_view query, TimePoint now);

/// As it stands in the answer.
[[nodiscard]] nlohmann::ordered_json event_json(const history::Event& event);

}  // namespace discovery::queries
