#include "registry/record.h"

#include <algorithm>

namespace discovery::registry {

namespace {
Duration age_of(int64_t stamp_ns, TimePoint now) {
  return std::max(Duration::zero(), Duration(now - from_wire_ns(stamp_ns)));
}
}  // namespace

Record StoredRecord::at(TimePoint now) const {
  const InstanceNumbers& n = instance->numbers;
  Record r;
  r.app = app;
  r.text = instance->text();
  r.version = n.version;
  r.reg_ns = n.reg_ns;
  r.up_ns = n.up_ns;
  r.dirty_ns = n.dirty_ns;
  r.latest_ns = n.latest_ns;
  r.status = n.status;
  r.hidden = n.state == RecordState::kHidden;
  r.app_latest_ns = app_latest_ns;
  if (home_ns > 0) r.home_age = age_of(home_ns, now);
  // An imported tombstone has no time of ours in its version either.
  const bool guest = !r.tombstone() && instance->is_guest();
  if (r.hidden || guest || (r.tombstone() && n.version.incarnation.node == 0)) r.hidden_age = age_of(lease_ns, now);
  return r;
}

}  // namespace discovery::registry
