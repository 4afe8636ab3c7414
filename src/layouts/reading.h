// What the reader of one layout says of a value. Internal to src/layouts.
//
// A reader looks at the form only; whether the registry can hold the instances is asked afterwards, for all alike. But
// it keeps no more addresses and members than may be, so that a hostile value costs no more than its bytes.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "layouts/json_values.h"
#include "layouts/mapped_instance.h"
#include "layouts/names.h"

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

/// Of a value that could not be read to its end.
[[nodiscard]] inline Reading refuse_unread(std::string_view why, const Members& metadata,
                                           const InstanceLimits& limits) {
  return refuse(metadata.size() > limits.metadata.members_max ? kTooMuchMetadata : why);
}

/// Canonical; of equal names the last one stays.
[[nodiscard]] inline codec::Metadata to_metadata(Members members) {
  codec::Metadata metadata;
  codec::merge_metadata(metadata, {codec::Metadata::Kind::kObject, std::move(members)});
  return metadata;
}

}  // namespace discovery::layouts
