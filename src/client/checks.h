// What the parts of the library share of checking what a caller gave.
// Errors: kInvalid with what is wrong. Limits: those of the registry, docs/http-api.md.
#pragma once

#include <string>
#include <string_view>

#include "discovery/error.h"

namespace discovery::client {

[[nodiscard]] Error invalid(std::string message);
/// Not empty, not too long. `what` names it in the message.
[[nodiscard]] Error check_name(std::string_view what, std::string_view name);
[[nodiscard]] Error check_appid(std::string_view appid);
/// Of the machine.
[[nodiscard]] std::string host_name();

}  // namespace discovery::client
