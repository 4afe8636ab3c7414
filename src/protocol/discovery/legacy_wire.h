// OriginalWire (src/cluster/original.h) in the bytes of the native protocol: what the cluster posts to an original on
// its own account, and what an original answers. Thread: any, it has no state but its limits.
#pragma once

#include "cluster/original.h"
#include "protocol/discovery/legacy_answer.h"

namespace discovery::protocol {

class LegacyWire final : public cluster::OriginalWire {
 public:
  explicit LegacyWire(const LegacyLimits& limits) : limits_(limits) {}

  [[nodiscard]] cluster::Post register_post(const registry::StoredRecord& record) const override;
  [[nodiscard]] cluster::Post cancel_post(const registry::StoredRecord& record) const override;
  [[nodiscard]] std::string form_for(const cluster::Post& post, bool own_zone) const override;
  [[nodiscard]] Result<cluster::PostAnswer> read_answer(std::string_view body) const override;
  /// kUnavailable while the original refuses to answer (its init protection).
  [[nodiscard]] Result<std::vector<cluster::ForeignInstance>> read_fetch_all(std::string_view body) const override;

 private:
  const LegacyLimits limits_;
};

}  // namespace discovery::protocol
