// What the tests of the configuration share.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "node/config.h"

namespace discovery::node {

/// A machine of four processors, 8 GiB and 1,000 descriptors.
inline HostFacts test_host() { return {"host-7", 4, 8ULL << 30, 1000}; }

inline ConfigInput with_file(std::string text) {
  ConfigInput input;
  input.file_name = "discovery.toml";
  input.file_text = std::move(text);
  input.host = test_host();
  return input;
}

inline ConfigInput with_environment(Environment environment) {
  ConfigInput input = with_file("");
  input.environment = std::move(environment);
  return input;
}

/// "" when it was accepted.
inline std::string error_of(const ConfigInput& input) {
  const Result<Config> config = read_config(input);
  return config ? std::string() : config.error().message;
}

inline std::string file_error(std::string text) { return error_of(with_file(std::move(text))); }

/// Stops the test where a value is wanted and there is an error.
#define ASSERT_READ(name, input)                               \
  const auto name##_result = (input);                          \
  ASSERT_TRUE(name##_result) << name##_result.error().message; \
  const auto& name = *name##_result

}  // namespace discovery::node
