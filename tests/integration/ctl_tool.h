// discoveryctl as a process of a test.
//
// Thread: the test's. Errors: std::runtime_error when it does not end in time.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "integration/child.h"

namespace discovery::integration {

/// Runs it to its end. `nodes` is what DISCOVERY_ADDR says.
[[nodiscard]] inline Finished run_ctl(const std::string& nodes, std::vector<std::string> words) {
  ChildOptions options;
  options.arguments = std::move(words);
  options.environment = {"DISCOVERY_ADDR=" + nodes};
  Child child(tested_program("discoveryctl"), options);
  const auto ending = child.wait();
  if (!ending) throw std::runtime_error("discoveryctl did not end");
  return {ending->code, child.standard_output(), child.standard_error()};
}

/// With -o json: the one document.
[[nodiscard]] inline nlohmann::json ctl_json(const std::string& nodes, std::vector<std::string> words) {
  words.insert(words.end(), {"-o", "json"});
  const Finished finished = run_ctl(nodes, std::move(words));
  auto json = nlohmann::json::parse(finished.output, nullptr, false);
  return json.is_discarded() ? nlohmann::json("no JSON: " + finished.output + finished.errors) : json;
}

}  // namespace discovery::integration
