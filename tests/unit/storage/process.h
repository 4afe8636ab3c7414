// A process that keeps its registry on a simulated disk, and short ways to use it in tests.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "registry/registry.h"
#include "simulation/simulated_disk.h"
#include "storage/store.h"

namespace discovery::storage {

using simulation::SimulatedDisk;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

inline constexpr TimePoint kStart = from_wire_ns(1'700'000'000'000'000'000);
/// Both clocks read the same, unless a test wants it otherwise.
inline Moment moment(TimePoint now, Duration wall_ahead = {}) { return {now, to_wire_ns(now) + wall_ahead.count()}; }

/// What is kept of a record whatever its leases.
struct Content {
  registry::Version version;
  bool hidden = false;
  std::string addrs;
  std::string metadata;
  uint32_t status = 0;
  int64_t dirty_ns = 0;
  bool operator==(const Content&) const = default;
};
using Key = std::tuple<std::string, std::string, std::string, std::string>;
using Contents = std::map<Key, Content>;

inline Key key_of(const registry::Record& r) {
  return {std::string(r.app.appid), std::string(r.app.env), std::string(r.text.zone), std::string(r.text.hostname)};
}
inline Content content_of(const registry::Record& r) {
  return {r.version, r.hidden, std::string(r.text.addrs_json), std::string(r.text.metadata_json), r.status, r.dirty_ns};
}

class Process {
 public:
  explicit Process(Disk& disk, const StoreSettings& settings = {}, registry::RegistrySettings registry_settings = {})
      : registry(registry_settings), store(disk, registry, settings) {
    registry.keep_changes(true);
  }

  registry::Registry registry;
  Store store;

  void put(const std::string& hostname, TimePoint now, const std::string& addrs = R"(["http://10.0.0.1:80"])") {
    registry::RegisterArgs args;
    args.key = {{"dev", "shop.cart"}, "z", hostname};
    args.addrs_json = addrs;
    args.metadata_json = "{}";
    ASSERT_TRUE(registry.register_instance(args, now).has_value());
  }
  void cancel(const std::string& hostname, TimePoint now) {
    registry::CancelArgs args;
    args.key = {{"dev", "shop.cart"}, "z", hostname};
    ASSERT_TRUE(registry.cancel(args, now).has_value());
  }
  /// Tells the store what was made here since the last call.
  void journal(const Moment& at) {
    registry::LocalChanges changes;
    registry.take_changes(changes);
    for (const auto& change : changes.changed) {
      registry.with_record(change.ref, [&](const registry::StoredRecord& stored) { store.wrote(stored, at); });
    }
  }
  /// Ticks, without time passing, until nothing is due for a while.
  void settle(Moment at) {
    for (int i = 0; i < 10'000 && store.next() <= at.now; ++i) store.tick(at);
    while (store.next() - at.now < milliseconds(40)) {
      const Duration step = store.next() - at.now;
      at.now += step;
      at.wall_ns += step.count();
      store.tick(at);
    }
  }
  [[nodiscard]] Contents contents() const {
    Contents out;
    registry::RecordCursor cursor;
    while (registry.read_records(cursor, 100, [&](const registry::StoredRecord& stored) {
      const registry::Record r = stored.at(kStart);
      out.emplace(key_of(r), content_of(r));
    })) {
    }
    return out;
  }
  /// Calls f with the stored record, which must be there.
  void look(const std::string& hostname, FunctionRef<void(const registry::StoredRecord&)> f) const {
    const auto ref = registry.find_record({{"dev", "shop.cart"}, "z", hostname});
    ASSERT_TRUE(static_cast<bool>(ref)) << hostname;
    ASSERT_TRUE(registry.with_record(ref, f));
  }
  [[nodiscard]] bool knows(const std::string& hostname) const {
    return static_cast<bool>(registry.find_record({{"dev", "shop.cart"}, "z", hostname}));
  }
};

/// Puts so many instances and leaves a snapshot of them.
inline std::unique_ptr<Process> saved(Disk& disk, int instances, const Moment& at) {
  auto process = std::make_unique<Process>(disk);
  process->store.open(at);
  for (int i = 0; i < instances; ++i) process->put("h" + std::to_string(i), at.now);
  process->journal(at);
  EXPECT_TRUE(process->store.finish(at).has_value());
  return process;
}

}  // namespace discovery::storage
