// What another node answered to a question about its records (records_query.h), read with suspicion: it is copied,
// compared and shown, so it must be flat and of the shape that is expected.
//
// Thread: pure functions. Errors: nothing where it is of another shape.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace discovery::queries {

/// In a struct, since an optional of JSON itself could be made from anything.
struct OtherAnswer {
  nlohmann::ordered_json object;
};
[[nodiscard]] std::optional<OtherAnswer> read_other(std::string_view text);

/// False: there is no such text.
[[nodiscard]] bool read_text(const nlohmann::ordered_json& from, const char* name, std::string& to);

/// {"state","status","version_number"} of a record, and nothing else of it.
[[nodiscard]] std::optional<OtherAnswer> numbers_of(const nlohmann::ordered_json& record);

}  // namespace discovery::queries
