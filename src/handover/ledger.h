// What one process of a node has told the other, so that a further pass over the registry tells only what has changed
// since, whatever changed it: a client, a peer, the sweep.
//
//     Ledger ledger(registry);
//     while (!ledger.pass(messages)) {}     // all of it; and then, as often as wanted, what is new
//
// Lifecycle: one for each of the two processes, while they speak. Thread: one. Limits: a step reads at most
// kRecordsPerStep records, with one lock held for as many at most; one that gave more than kStepBytes makes the next
// shorter. A ledger holds kBytesEach a record, and no copy of any. Records past the limits of record_codec.h are left
// out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/function_ref.h"
#include "base/result.h"
#include "base/time.h"
#include "handover/messages.h"
#include "registry/registry.h"

namespace discovery::handover {

class Ledger {
 public:
  static constexpr size_t kRecordsPerStep = 512;
  static constexpr size_t kStepBytes = size_t{1} << 20;
  static constexpr size_t kBytesEach = 24;

  explicit Ledger(registry::Registry& registry) : registry_(registry) {}

  /// The next step of a pass: records that the other process does not have like this, as messages of about kBatchBytes
  /// that are added to `messages`. True: the pass is at its end, and the next call begins another.
  bool pass(std::vector<std::string>& messages);
  /// T of every application. Joining moves T on, so this is told when all records are.
  void times(std::vector<std::string>& messages) const;
  /// Takes in what the other process told; what it has need not be told to it. `changed` is given every Wake.
  Result<void> take(std::string_view records, TimePoint now, FunctionRef<void(const registry::Wake&)> changed);

  [[nodiscard]] uint64_t told() const { return told_; }
  [[nodiscard]] uint64_t taken() const { return taken_; }

 private:
  /// Of a slot of the registry.
  struct Told {
    uint64_t content = 0;  ///< 0: nothing
    int64_t lease_ns = 0;
    uint32_t generation = 0;
    bool operator==(const Told&) const = default;
  };
  static_assert(sizeof(Told) == kBytesEach);

  [[nodiscard]] Told& told_of(const registry::StoredRecord& stored);
  [[nodiscard]] static Told state_of(const registry::StoredRecord& stored);

  registry::Registry& registry_;
  registry::RecordCursor at_;
  std::vector<Told> slots_;
  size_t budget_ = 64;  ///< records of the next step
  uint64_t told_ = 0;
  uint64_t taken_ = 0;
};

}  // namespace discovery::handover
