// What the instances of the simulation look like, and how their state is read back from texts.
//
// An instance is a number, its key. Each registration carries a `generation` that only ever rises, in its address and
// its metadata, and each set a number in the metadata; so whatever node shows an instance tells which registration and
// which set it shows, and the judge needs no trust in anybody's versions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/instance.h"

namespace discovery::simulation {

struct Content {
  uint32_t generation = 0;  ///< of the registration
  uint32_t set = 0;         ///< of the last set on it, 0: none
  uint32_t status = 1;
  bool operator==(const Content&) const = default;
};

class Names {
 public:
  explicit Names(uint32_t instances);

  [[nodiscard]] registry::InstanceKeyView key(uint32_t instance) const;
  [[nodiscard]] registry::AppKeyView app(uint32_t number) const { return {"prod", apps_[number]}; }
  [[nodiscard]] uint32_t app_of(uint32_t instance) const { return instance % app_count(); }
  [[nodiscard]] uint32_t app_count() const { return static_cast<uint32_t>(apps_.size()); }
  [[nodiscard]] uint32_t instances() const { return static_cast<uint32_t>(hosts_.size()); }

 private:
  std::vector<std::string> apps_;
  std::vector<std::string> hosts_;
};

/// The number behind "h17"; none for any other name.
[[nodiscard]] std::optional<uint32_t> number_of(std::string_view name);
[[nodiscard]] std::string addrs_of(uint32_t instance, uint32_t generation);
[[nodiscard]] std::string metadata_of(const Content& content);
/// From the text metadata_of() makes; none for anything else.
[[nodiscard]] std::optional<Content> read_metadata(std::string_view json, uint32_t status);

}  // namespace discovery::simulation
