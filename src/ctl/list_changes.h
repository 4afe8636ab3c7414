// What changed between two lists of an application, for watch.
//
// Thread: pure functions. Errors: none. Cost: linear in both lists.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ctl/fields.h"
#include "discovery/instance.h"

namespace discovery::ctl {

struct ListChange {
  enum class Kind : uint8_t { kAdded, kRemoved, kChanged };
  Kind kind = Kind::kAdded;
  client::Instance instance;  ///< as it is; of a removed one as it was
};

/// Both lists are by zone, then hostname, as the library gives them.
[[nodiscard]] std::vector<ListChange> changes_between(const client::InstanceList& before,
                                                      const client::InstanceList& now);
/// "+ z1 h1 v1 http://10.0.0.1:80"
[[nodiscard]] std::string change_text(const ListChange& change);
/// {"change":"added",...}
[[nodiscard]] Json change_json(const ListChange& change);

}  // namespace discovery::ctl
