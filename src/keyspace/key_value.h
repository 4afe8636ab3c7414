// A key as clients see it, and what happened to it. Both are made once and shared: by the index, the history, and every
// answer that shows them. Thread: immutable; any.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/key_range.h"
#include "base/time.h"
#include "keyspace/lease_id.h"
#include "keyspace/revision.h"

namespace discovery::keyspace {

struct KeyValue {
  std::string key;  ///< any bytes
  std::string value;
  Revision create_revision = 0;  ///< of this node, as the others
  Revision mod_revision = 0;
  int64_t version = 0;  ///< 1 of a new key
  LeaseId lease = 0;
};
using KeyValuePtr = std::shared_ptr<const KeyValue>;

enum class EventType : uint8_t { kPut, kDelete };

struct Event {
  EventType type = EventType::kPut;
  KeyValuePtr kv;      ///< of a deletion: only key and mod_revision, which is that of the deletion
  KeyValuePtr before;  ///< null: it was not there
  TimePoint at;        ///< when it was applied here
};
using EventPtr = std::shared_ptr<const Event>;

}  // namespace discovery::keyspace
