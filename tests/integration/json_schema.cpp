#include "integration/json_schema.h"

#include <algorithm>
#include <regex>
#include <set>
#include <stdexcept>

namespace discovery::integration {

using nlohmann::json;

namespace {

const std::set<std::string> kWords = {
    "type",     "nullable",      "description", "format",  "required", "properties", "additionalProperties",
    "items",    "enum",          "anyOf",       "minimum", "maximum",  "minLength",  "maxLength",
    "minItems", "maxProperties", "pattern"};

bool is_type(const std::string& type, const json& value) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  throw std::runtime_error("no type of a schema: " + type);
}

/// A bound that holds where the schema has none.
bool within(const json& schema, const char* least, const char* most, double value) {
  return value >= schema.value(least, value) && value <= schema.value(most, value);
}

}  // namespace

std::vector<std::string> JsonSchemas::faults(const json& schema, const json& value) const {
  std::vector<std::string> faults;
  check(schema, value, "", faults);
  return faults;
}

const json& JsonSchemas::resolved(const json& schema) const {
  if (!schema.contains("$ref")) return schema;
  return document_.at(json::json_pointer(schema.at("$ref").get<std::string>().substr(1)));
}

void JsonSchemas::check(const json& named, const json& value, const std::string& at,
                        std::vector<std::string>& faults) const {
  const json& schema = resolved(named);
  for (const auto& [word, unused] : schema.items()) {
    if (!kWords.contains(word)) throw std::runtime_error("a schema says " + word + ", which is not looked at");
  }
  if (schema.contains("anyOf")) {
    const json& all = schema.at("anyOf");
    if (std::any_of(all.begin(), all.end(), [&](const json& one) { return this->faults(one, value).empty(); })) return;
    faults.push_back(at + " fits none: " + value.dump());
    return;
  }
  if (value.is_null() && schema.value("nullable", false)) return;
  if (schema.contains("type") && !is_type(schema.at("type"), value)) {
    faults.push_back(at + " is no " + schema.at("type").get<std::string>() + ": " + value.dump());
    return;
  }
  if (schema.contains("enum")) {
    const json& all = schema.at("enum");
    if (std::find(all.begin(), all.end(), value) == all.end()) faults.push_back(at + " is another: " + value.dump());
  }
  if (value.is_number() && !within(schema, "minimum", "maximum", value.get<double>())) {
    faults.push_back(at + " is out of bounds: " + value.dump());
  }
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    const bool fits = within(schema, "minLength", "maxLength", static_cast<double>(text.size())) &&
                      std::regex_search(text, std::regex(schema.value("pattern", "")));
    if (!fits) faults.push_back(at + " is not as it must be: " + text);
  }
  if (value.is_array()) {
    if (value.size() < schema.value("minItems", size_t{0})) faults.push_back(at + " has too few items");
    for (size_t i = 0; i < value.size(); ++i) check(schema.at("items"), value[i], at + "/" + std::to_string(i), faults);
  }
  if (value.is_object()) check_object(schema, value, at, faults);
}

void JsonSchemas::check_object(const json& schema, const json& value, const std::string& at,
                               std::vector<std::string>& faults) const {
  for (const json& name : schema.value("required", json::array())) {
    if (!value.contains(name.get<std::string>())) faults.push_back(at + " has no " + name.get<std::string>());
  }
  if (value.size() > schema.value("maxProperties", value.size())) faults.push_back(at + " has too many members");
  const json properties = schema.value("properties", json::object());
  const json others = schema.value("additionalProperties", json(false));
  for (const auto& [name, member] : value.items()) {
    if (properties.contains(name)) {
      check(properties.at(name), member, at + "/" + name, faults);
    } else if (others.is_object()) {
      check(others, member, at + "/" + name, faults);
    } else if (others == false) {
      faults.push_back(at + " has a member that is not described: " + name);
    }
  }
}

}  // namespace discovery::integration
