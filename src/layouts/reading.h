// What the reader of one layout says of a value. Internal to src/layouts.
//
// A reader looks at the form only; whether the registry can hold the instances is asked afterwards, for all alike.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "layouts/json_values.h"
#include "layouts/mapped_instance.h"

namespace discovery::layouts {

struct Reading {
  std::vector<MappedInstance> instances;
  std::string_view why{};  ///< not "": it is not of this layout; a literal
};

[[nodiscard]] inline Reading refuse(std::string_view why) { return {{}, why}; }

[[nodiscard]] inline Reading one(MappedInstance instance) {
  Reading reading;
  reading.instances.push_back(std::move(instance));
  return reading;
}

/// Canonical; of equal names the last one stays.
[[nodiscard]] inline codec::Metadata to_metadata(Members members) {
  codec::Metadata metadata;
  codec::merge_metadata(metadata, {codec::Metadata::Kind::kObject, std::move(members)});
  return metadata;
}

}  // namespace discovery::layouts
