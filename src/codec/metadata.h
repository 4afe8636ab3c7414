// The metadata of an instance: an object of strings.
//
// Thread: pure functions. Cost: n log n in the members.
// Source: discovery-api.md sections 4 (values), 6.1 and 6.4 (what register and set do with it).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace discovery::codec {

struct MetadataLimits {
  size_t members_max = 256;
  size_t text_bytes_max = 65536;  ///< names plus values, decoded
};

struct Metadata {
  enum class Kind : uint8_t {
    kObject,
    kNull,   ///< the text was `null`: register takes it as {}, set clears all
    kOther,  ///< valid JSON, but a scalar or an array: register takes it as {}, set refuses it
  };
  Kind kind = Kind::kObject;
  /// Sorted by name (bytewise), unique, valid UTF-8. Empty unless kObject.
  std::vector<std::pair<std::string, std::string>> members;
};

/// "" gives an object without members. Of members with one name the last wins. Values: a string is its text, another
/// scalar its characters as written (`10`, `1e999999`), null and nested values are "". Ill-formed UTF-8 and lone
/// surrogates become U+FFFD.
/// kInvalidArgument: no valid JSON, something after it, nested deeper than JsonReader::kDepthMax.
/// kLimitExceeded: past `limits`, counted as sent, repeated names included.
[[nodiscard]] Result<Metadata> parse_metadata(std::string_view json, const MetadataLimits& limits);

/// Appends the JSON text of the object, `{}` when there are no members.
void append_metadata(std::string& out, const Metadata& metadata);

/// The patch's members win over those of `into`; a patch of kind kNull clears all. The result may be past the limits
/// that both kept: see within_limits().
void merge_metadata(Metadata& into, const Metadata& patch);

[[nodiscard]] bool within_limits(const Metadata& metadata, const MetadataLimits& limits);

}  // namespace discovery::codec
