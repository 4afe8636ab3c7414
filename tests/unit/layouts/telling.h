// Instances and mappings as one line of text, for the tests of src/layouts.
#pragma once

#include <string>
#include <string_view>

#include "layouts/instances_of.h"

namespace discovery::layouts {

/// JSON in the notation of docs/etcd.md: what is empty, false, or status 1 is left out.
std::string text_of(const MappedInstance& instance);

/// The layout and its instances, `bare {...} {...}`; `none: <why>`.
std::string told(const Mapping& mapping);
std::string told(std::string_view key, std::string_view value, const Settings& settings = {});

/// The only instance that is expected; an empty one after a failure.
MappedInstance only(std::string_view key, std::string_view value, const Settings& settings = {});

}  // namespace discovery::layouts
