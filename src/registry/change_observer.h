// Whoever is told of each change of a record, with what was before: the history (history/history.h).
//
// Thread: changed() is called under the mutex of a shard, from whatever thread made the change: it must be short, must
// not call the registry, and views are valid inside it.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "registry/instance.h"

namespace discovery::registry {

enum class ChangeKind : uint8_t {
  kRegister,    ///< of a new one, or of one that was there
  kSet,         ///< status or metadata
  kCancel,      ///< a tombstone is there now
  kExpire,      ///< its lease ran out: hidden
  kExpirePast,  ///< the same past the ceiling, although the node protects itself
  kShow,        ///< a renewal became known: visible again
  kHideToo,     ///< another node holds it hidden, and nothing here speaks against it
  kMerge,       ///< a newer state of another node, or of the disk
  kForget,      ///< what was hidden or cancelled is not remembered any more
  kLateRenew,   ///< nothing changed, but there was a gap in its renewals
};
inline constexpr size_t kChangeKinds = 10;

struct RecordChange {
  ChangeKind kind = ChangeKind::kRegister;
  std::string_view by;  ///< who caused it: the address of a client or a node; "" for this node itself
  TimePoint at;
  AppKeyView app;
  // Before. Of one changed in place the text is that of now.
  const Instance* before_text = nullptr;            ///< null: there was none
  const InstanceNumbers* before_numbers = nullptr;  ///< null: there was none
  int64_t before_lease_ns = 0;
  const Instance* after = nullptr;  ///< null: it was forgotten
};

class ChangeObserver {
 public:
  virtual void changed(const RecordChange& change) = 0;

 protected:
  ~ChangeObserver() = default;
};

}  // namespace discovery::registry
