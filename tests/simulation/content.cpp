#include "simulation/content.h"

#include <algorithm>
#include <charconv>

namespace discovery::simulation {

namespace {
constexpr uint32_t kInstancesPerApp = 10;

std::string numbered(std::string_view prefix, uint32_t number) { return std::string(prefix) + std::to_string(number); }

bool eat(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

bool eat_number(std::string_view& text, uint32_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}
}  // namespace

Names::Names(uint32_t instances) {
  for (uint32_t a = 0; a < std::max(1U, instances / kInstancesPerApp); ++a) apps_.push_back(numbered("app", a));
  for (uint32_t i = 0; i < instances; ++i) hosts_.push_back(numbered("h", i));
}

registry::InstanceKeyView Names::key(uint32_t instance) const {
  return {app(app_of(instance)), instance % 3 == 0 ? "east" : "west", hosts_[instance]};
}

std::optional<uint32_t> number_of(std::string_view name) {
  uint32_t number = 0;
  if (name.size() < 2 || name.front() != 'h') return std::nullopt;
  name.remove_prefix(1);
  if (!eat_number(name, number) || !name.empty()) return std::nullopt;
  return number;
}

std::string addrs_of(uint32_t instance, uint32_t generation) {
  return "[\"http://10.0." + std::to_string(instance / 256) + "." + std::to_string(instance % 256) + ":" +
         std::to_string(generation) + "\"]";
}

std::string metadata_of(const Content& content) {
  std::string text = "{\"g\":\"" + std::to_string(content.generation) + "\"";
  if (content.set > 0) text += ",\"s\":\"" + std::to_string(content.set) + "\"";
  return text + "}";
}

std::optional<Content> read_metadata(std::string_view json, uint32_t status) {
  Content c{.status = status};
  if (!eat(json, "{\"g\":\"") || !eat_number(json, c.generation)) return std::nullopt;
  if (eat(json, "\",\"s\":\"") && !eat_number(json, c.set)) return std::nullopt;
  if (json != "\"}") return std::nullopt;
  return c;
}

}  // namespace discovery::simulation
