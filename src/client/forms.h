// What is sent: names and values as forms. Pure.
// Source: docs/http-api.md (register, renew, cancel, fetch, polls); one `addrs` per address, as the Go clients do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "discovery/instance.h"

namespace discovery::client {

/// Of renew and cancel.
[[nodiscard]] std::string key_form(const Instance& instance);
[[nodiscard]] std::string register_form(const Instance& instance);
[[nodiscard]] std::string fetch_target(std::string_view env, std::string_view appid);

struct Cursor {
  std::string_view appid;
  int64_t latest_timestamp_ns;
};
[[nodiscard]] std::string polls_target(std::string_view env, std::string_view hostname,
                                       const std::vector<Cursor>& cursors);
/// What one application takes of that at most.
[[nodiscard]] size_t poll_bytes(std::string_view appid);

}  // namespace discovery::client
