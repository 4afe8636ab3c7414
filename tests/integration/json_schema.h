// A JSON value held to a schema of an OpenAPI 3.0.3 document: the words that /openapi.json uses, and no others.
//
// Thread: the test's. Errors: std::runtime_error for a schema that uses another word.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace discovery::integration {

class JsonSchemas {
 public:
  /// `document` outlives this object.
  explicit JsonSchemas(const nlohmann::json& document) : document_(document) {}

  /// What is wrong with the value, each with where: empty when it fits. Members that the schema does not name are wrong
  /// too, unless it says that there may be others.
  [[nodiscard]] std::vector<std::string> faults(const nlohmann::json& schema, const nlohmann::json& value) const;

 private:
  void check(const nlohmann::json& schema, const nlohmann::json& value, const std::string& at,
             std::vector<std::string>& faults) const;
  void check_object(const nlohmann::json& schema, const nlohmann::json& value, const std::string& at,
                    std::vector<std::string>& faults) const;
  [[nodiscard]] const nlohmann::json& resolved(const nlohmann::json& schema) const;

  const nlohmann::json& document_;
};

}  // namespace discovery::integration
