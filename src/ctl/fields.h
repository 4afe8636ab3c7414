// Members of an answer, whatever the node put there: what is missing or of another kind reads as nothing.
//
// Thread: pure functions. Errors: none. Limits: parse_answer() takes kDepthMax levels.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace discovery::ctl {

using Json = nlohmann::ordered_json;

inline constexpr size_t kDepthMax = 64;  ///< of nesting: writing JSON goes as deep as it does

/// In a struct, since a Result of JSON itself could be made from anything.
struct Document {
  Json json;
};

/// None: it is no JSON object, or nested too deep.
[[nodiscard]] std::optional<Document> parse_answer(std::string_view text);

/// Null when there is none, also when `from` is no object.
[[nodiscard]] const Json& member(const Json& from, const char* name);
[[nodiscard]] std::string text_at(const Json& from, const char* name);
[[nodiscard]] int64_t number_at(const Json& from, const char* name);
[[nodiscard]] double real_at(const Json& from, const char* name);
[[nodiscard]] bool flag_at(const Json& from, const char* name);
/// An empty array when it is none.
[[nodiscard]] const Json& rows_at(const Json& from, const char* name);

}  // namespace discovery::ctl
