// Finds and reads the configuration file that -conf names.
//
// Thread: any; nothing is kept. Limits: kConfigBytesMax. Errors: kInvalidArgument (2 as exit code) with the path and
// what is wrong. Symbolic links are followed: mounted configuration (Kubernetes) consists of them.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace discovery::node {

struct ConfigPlace {
  std::string file;    ///< path of the configuration file
  std::string folder;  ///< where the scheduler files stand
  std::string text;    ///< what the file holds
};

/// `path`: a folder holding discovery.toml, or the file itself.
[[nodiscard]] Result<ConfigPlace> load_config_file(const std::string& path);

/// A regular file of at most `bytes_max` bytes; anything else is an error, nothing blocks.
[[nodiscard]] Result<std::string> read_small_file(const std::string& path, size_t bytes_max);

}  // namespace discovery::node
