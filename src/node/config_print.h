// One line of print_config(), for its test: no key is secret yet, so only a made-up one can show the masking.
//
// Thread: pure function.
#pragma once

#include <string>

#include "node/config_keys.h"

namespace discovery::node {

/// Appends `leaf = value  # source`; of a secret only that it is set.
void append_setting(std::string& out, const KeySpec& key, const std::string& value, const ValueSource& source);

}  // namespace discovery::node
