// What every key of the configuration is called, may be, is without being set, and means, for people.
//
// Lifecycle: a function of the constant table config_keys(). Thread: any. It is what docs/configuration.md shows.
#pragma once

#include <string>

namespace discovery::node {

/// Markdown: for each section a heading and a table with one row a key, in the order of the table of keys.
[[nodiscard]] std::string config_reference();

}  // namespace discovery::node
