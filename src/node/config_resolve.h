// The last step of reading: values that follow from others or from the machine, rules between keys, warnings.
//
// Thread: pure function. Errors: kInvalidArgument, one line per broken rule.
#pragma once

#include "base/result.h"
#include "node/config.h"

namespace discovery::node {

/// Precondition: every key of `config` has its value and source.
[[nodiscard]] Result<void> resolve_config(Config& config, const HostFacts& host);

}  // namespace discovery::node
