// One registry with its sweep and a clock that moves only when told to, and short ways to use them in tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "registry/registry.h"
#include "registry/sweep.h"

namespace discovery::registry {

inline constexpr TimePoint kStart = from_wire_ns(1'700'000'000'000'000'000);
inline constexpr int64_t kFarFuture = 9'200'000'000'000'000'000;  // a dirty_timestamp that poisons the original

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

/// The key of an instance, owning its text.
struct Name {
  std::string hostname = "cart-0";
  std::string zone = "zone-a";
  std::string appid = "shop.cart";
  std::string env = "dev";

  [[nodiscard]] AppKeyView app() const { return {env, appid}; }
  [[nodiscard]] InstanceKeyView key() const { return {app(), zone, hostname}; }
  auto operator<=>(const Name&) const = default;
};
inline std::ostream& operator<<(std::ostream& out, const Name& n) {
  return out << n.appid << "/" << n.env << "/" << n.zone << "/" << n.hostname;
}

/// A register with defaults that suit most tests.
struct Put {
  std::string region = "east";
  std::string version = "412";
  std::string addrs_json = R"(["http://10.1.0.7:8000"])";
  std::string metadata_json = R"({"weight":"10"})";
  uint32_t status = 1;
  Writer writer = Writer::kClient;
  int64_t dirty_ns = 0;
  int64_t reg_ns = 0;
};
inline Put replica(int64_t dirty_ns, std::string version = "412", int64_t reg_ns = 0) {
  Put put;
  put.writer = Writer::kReplica;
  put.dirty_ns = dirty_ns;
  put.version = std::move(version);
  put.reg_ns = reg_ns;
  return put;
}
inline Put dirty(int64_t dirty_ns, std::string version = "412") {
  Put put;
  put.dirty_ns = dirty_ns;
  put.version = std::move(version);
  return put;
}
inline Put version(std::string text) {
  Put put;
  put.version = std::move(text);
  return put;
}
inline Put status(uint32_t value) {
  Put put;
  put.status = value;
  return put;
}

/// A copy of a record, as a reader under the lock sees it.
struct Seen {
  std::string region, version, addrs_json, metadata_json;
  InstanceNumbers numbers;
  int64_t renew_ns = 0;
};

struct Gone {
  Name name;
  bool past_ceiling = false;
  Wake wake;
};

inline Name name_of(const InstanceView& view) {
  return {std::string(view.instance->hostname()), std::string(view.instance->zone()), std::string(view.app.appid),
          std::string(view.app.env)};
}
inline Seen seen_of(const InstanceView& view) {
  const Instance& i = *view.instance;
  return {std::string(i.region()),
          std::string(i.version()),
          std::string(i.addrs_json()),
          std::string(i.metadata_json()),
          i.numbers,
          view.renew_ns};
}

/// For sets without metadata.
inline constexpr auto kNoMerge = [](size_t, std::string_view) -> Result<std::string> {
  return Error{ErrorCode::kInternal, "not asked for"};
};

class Node {
 public:
  explicit Node(const RegistrySettings& settings = {}, uint64_t seed = 1)
      : registry(settings), sweep(registry, kStart), random(seed) {}

  Registry registry;
  Sweep sweep;
  SeededRandom random;
  TimePoint now = kStart;

  [[nodiscard]] int64_t now_ns() const { return to_wire_ns(now); }
  void pass(Duration d) { now += d; }

  // -- writes; what is not expected to fail ends the test's patience with a failure
  Result<RegisterOutcome> try_put(const Name& name, const Put& put = {}) {
    RegisterArgs args;
    args.key = name.key();
    args.region = put.region;
    args.version = put.version;
    args.addrs_json = put.addrs_json;
    args.metadata_json = put.metadata_json;
    args.status = put.status;
    args.writer = put.writer;
    args.dirty_timestamp_ns = put.dirty_ns;
    args.reg_timestamp_ns = put.reg_ns;
    return registry.register_instance(args, now);
  }
  RegisterOutcome put(const Name& name, const Put& put = {}) {
    const auto r = try_put(name, put);
    EXPECT_TRUE(r) << "register of " << name << " failed";
    return r ? *r : RegisterOutcome{};
  }
  /// None: kNotFound.
  std::optional<RenewVerdict> renew(const Name& name, bool compare = false, int64_t dirty_ns = 0) {
    const auto r = registry.renew({name.key(), compare, dirty_ns}, now, [](const InstanceView&) {});
    if (r) return *r;
    EXPECT_EQ(r.error().code, ErrorCode::kNotFound);
    return std::nullopt;
  }
  /// None: kNotFound.
  std::optional<CancelOutcome> cancel(const Name& name, Writer writer = Writer::kClient, int64_t stamp_ns = 0) {
    const auto r = registry.cancel({name.key(), writer, stamp_ns}, now);
    if (r) return *r;
    EXPECT_EQ(r.error().code, ErrorCode::kNotFound);
    return std::nullopt;
  }
  std::optional<CancelOutcome> replica_cancel(const Name& name, int64_t stamp_ns) {
    return cancel(name, Writer::kReplica, stamp_ns);
  }
  Result<Wake> set_status(const Name& name, uint32_t status, int64_t set_timestamp_ns = 0) {
    const SetItem item{name.hostname, status, false};
    return registry.set({name.app(), name.zone, {&item, 1}, set_timestamp_ns, false, kNoMerge}, now);
  }

  // -- reads
  [[nodiscard]] std::optional<Seen> get(const Name& name) const {
    std::optional<Seen> out;
    registry.with_application(name.app(), [&](const Application& app) {
      const size_t i = app.find(name.zone, name.hostname);
      if (i == Application::kNone || app.record(i).numbers.state != RecordState::kVisible) return;
      out = seen_of(app.view_of(i));
    });
    return out;
  }
  /// The record in any state; the application must have a visible instance.
  [[nodiscard]] std::optional<Seen> record(const Name& name) const {
    std::optional<Seen> out;
    registry.with_application(name.app(), [&](const Application& app) {
      const size_t i = app.find(name.zone, name.hostname);
      if (i != Application::kNone) out = seen_of(app.view_of(i));
    });
    return out;
  }
  [[nodiscard]] bool listed(const Name& name) const { return get(name).has_value(); }
  [[nodiscard]] AppState look(const Name& name) const { return registry.look(name.app(), ""); }
  [[nodiscard]] int64_t latest(const Name& name) const { return look(name).latest_timestamp_ns; }
  uint64_t watch(const Name& name, unsigned reactor) {
    uint64_t id = 0;
    EXPECT_TRUE(registry.watch(name.app(), "", reactor, 0, kStart, id));
    return id;
  }
  [[nodiscard]] std::vector<Name> listing() const {
    std::vector<Name> out;
    registry.for_each_application([&](const Application& app) {
      app.for_each_listed([&](const InstanceView& view) { out.push_back(name_of(view)); });
    });
    std::sort(out.begin(), out.end());
    return out;
  }
  /// Everything a client could tell, to compare before and after what must change nothing.
  [[nodiscard]] std::string dump() const;

  // -- the sweep
  /// Does the sweep that is due, if one is, to its end; says what it hid.
  std::vector<Gone> run_sweep() {
    std::vector<Gone> gone;
    int steps = 0;
    while (step(gone) <= now) {
      if (++steps > 1'000'000) {
        ADD_FAILURE() << "the sweep does not end";
        break;
      }
    }
    return gone;
  }
  TimePoint step(std::vector<Gone>& gone) {
    return sweep.step(now, random, [&](const Expired& e) {
      gone.push_back({name_of(e.instance), e.past_ceiling, e.wake});
    });
  }
  /// Lets time pass in whole seconds, sweeping when it is due.
  std::vector<Gone> live(Duration d) {
    std::vector<Gone> gone;
    for (const TimePoint end = now + d; now < end;) {
      now += std::min<Duration>(seconds(1), end - now);
      for (Gone& g : run_sweep()) gone.push_back(std::move(g));
    }
    return gone;
  }
};

inline std::string Node::dump() const {
  std::string out;
  const auto add = [&](auto... parts) { ((out += parts, out += ' '), ...); };
  registry.for_each_application([&](const Application& app) {
    add(std::string(app.key().appid), std::string(app.key().env), std::to_string(app.latest_timestamp_ns()),
        std::to_string(app.record_count()), app.scheduler() ? app.scheduler()->text() : "-", "\n");
    app.for_each_listed([&](const InstanceView& view) {
      const Seen s = seen_of(view);
      const InstanceNumbers& n = s.numbers;
      add(" ", name_of(view).zone, name_of(view).hostname, s.region, s.version, s.addrs_json, s.metadata_json);
      for (const int64_t v : {n.version.incarnation.t_ns, n.version.set.t_ns, n.reg_ns, n.up_ns, n.dirty_ns,
                              n.latest_ns, int64_t{n.status}, s.renew_ns}) {
        add(std::to_string(v));
      }
      add("\n");
    });
  });
  const LeaseStatus lease = registry.lease_status();
  for (const int64_t v : {lease.size, lease.expected_per_minute, lease.renewals_last_minute, lease.held,
                          static_cast<int64_t>(registry.memory_bytes())}) {
    add(std::to_string(v));
  }
  return out;
}

}  // namespace discovery::registry
