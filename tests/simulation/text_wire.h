// What nodes of the original say, in the simulator: one line of numbers per message, in place of forms and JSON. The
// fields are those of discovery-api.md 10.4; texts are rebuilt from the numbers (content.h). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/original.h"
#include "simulation/content.h"

namespace discovery::simulation {

/// An instance on that wire.
struct WireInstance {
  uint32_t instance = 0;
  Content content;
  int64_t reg_ns = 0;
  int64_t up_ns = 0;
  int64_t renew_ns = 0;
  int64_t dirty_ns = 0;
  int64_t latest_ns = 0;
};

struct WirePost {
  cluster::PostKind kind = cluster::PostKind::kRegister;
  WireInstance what;
  int64_t set_ns = 0;  ///< of a set
  bool replication = false;
  bool from_zone = false;
};

[[nodiscard]] std::string write_instance(const WireInstance& instance);
[[nodiscard]] std::optional<WireInstance> read_instance(std::string_view line);
/// Without the two flags, which are appended when it is sent.
[[nodiscard]] std::string write_post(const WirePost& post);
[[nodiscard]] std::string with_flags(std::string_view form, bool replication, bool from_zone);
[[nodiscard]] std::optional<WirePost> read_post(std::string_view form);
[[nodiscard]] std::string write_answer(int code, const WireInstance* instance);

class TextWire final : public cluster::OriginalWire {
 public:
  explicit TextWire(const Names& names) : names_(names) {}
  [[nodiscard]] cluster::Post register_post(const registry::StoredRecord& record) const override;
  [[nodiscard]] cluster::Post cancel_post(const registry::StoredRecord& record) const override;
  [[nodiscard]] std::string form_for(const cluster::Post& post, bool own_zone) const override;
  [[nodiscard]] Result<cluster::PostAnswer> read_answer(std::string_view body) const override;
  [[nodiscard]] Result<std::vector<cluster::ForeignInstance>> read_fetch_all(std::string_view body) const override;

  [[nodiscard]] cluster::Post post(const WirePost& post) const;

 private:
  const Names& names_;
};

/// What a record says in numbers; none where the simulator did not make it.
[[nodiscard]] std::optional<WireInstance> wire_instance(const registry::InstanceView& view);
[[nodiscard]] inline std::optional<WireInstance> wire_instance(const registry::StoredRecord& record) {
  return wire_instance(registry::InstanceView{record.app, record.instance, record.lease_ns});
}

}  // namespace discovery::simulation
