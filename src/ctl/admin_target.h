// Which nodes an admin verb is for: the first address, or each.
//
// Thread: one. Errors: those of the nodes; where several are asked all are, and the worst counts.
#pragma once

#include <CLI/CLI.hpp>
#include <string_view>

#include "ctl/questions.h"

namespace discovery::ctl {

CLI::Option* add_each(CLI::App& verb, bool& each);

/// POSTs to the first node, or to each, and shows what they answer.
[[nodiscard]] Outcome<Exit> administer(const Context& context, bool each, std::string_view path,
                                       const Parameters& parameters);

}  // namespace discovery::ctl
