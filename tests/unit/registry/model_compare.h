// The registry beside its model: everything that a reader can see must be the same.
#pragma once

#include <gtest/gtest.h>

#include <string_view>
#include <tuple>
#include <vector>

#include "unit/registry/model.h"
#include "unit/registry/node.h"

namespace discovery::registry::model {

/// All of a record but its version.
inline auto fields(const Seen& s) {
  const InstanceNumbers& n = s.numbers;
  return std::tuple<std::string_view, std::string_view, std::string_view, std::string_view, uint32_t, int64_t, int64_t,
                    int64_t, int64_t, int64_t>(s.region, s.version, s.addrs_json, s.metadata_json, n.status, n.reg_ns,
                                               n.up_ns, n.dirty_ns, n.latest_ns, s.renew_ns);
}
inline bool same(const InstanceView& v, const Seen& s) {  // without copying: it is asked a few million times
  const Instance& i = *v.instance;
  const InstanceNumbers &a = i.numbers, &b = s.numbers;
  return a.status == b.status && a.reg_ns == b.reg_ns && a.up_ns == b.up_ns && a.dirty_ns == b.dirty_ns &&
         a.latest_ns == b.latest_ns && v.renew_ns == s.renew_ns && i.version() == s.version && i.region() == s.region &&
         i.addrs_json() == s.addrs_json && i.metadata_json() == s.metadata_json;
}

inline void compare_look(const Node& node, const Name& name, const App* app) {
  size_t visible[3] = {}, in_service[3] = {};
  static const std::string_view kZones[] = {"", "x", "y"};
  for (size_t z = 0; app && z < 3; ++z) {
    for (const auto& [where, r] : app->records) {
      if (!r.visible() || (z > 0 && where.first != kZones[z])) continue;
      ++visible[z];
      in_service[z] += r.seen.numbers.status == 1;
    }
  }
  for (size_t z = 0; z < 3; ++z) {
    const AppState s = node.registry.look(name.app(), kZones[z]);
    if (s.known != (visible[0] > 0) || s.zone_known != (visible[z] > 0) || s.in_service != (in_service[z] > 0) ||
        s.latest_timestamp_ns != (app ? app->latest_ns : 0)) {
      FAIL() << name << " zone '" << kZones[z] << "': " << s.known << s.zone_known << s.in_service << " T "
             << s.latest_timestamp_ns << ", should be " << visible[0] << visible[z] << in_service[z] << " T "
             << (app ? app->latest_ns : 0);
    }
  }
}
inline void compare_list(const Node& node, const Name& name, const App& app) {
  auto it = app.records.begin();
  const auto skip = [&] {
    while (it != app.records.end() && !it->second.visible()) ++it;
  };
  node.registry.with_application(name.app(), [&](const Application& a) {
    ASSERT_EQ(a.scheduler() ? std::string_view(a.scheduler()->text()) : "", app.scheduler);
    a.for_each_listed([&](const InstanceView& v) {
      skip();
      ASSERT_TRUE(it != app.records.end()) << name_of(v) << " should not be listed";
      ASSERT_EQ(v.instance->zone(), it->first.first);
      ASSERT_EQ(v.instance->hostname(), it->first.second);
      if (!same(v, it->second.seen)) {
        FAIL() << name_of(v) << ": " << ::testing::PrintToString(fields(seen_of(v))) << "\nshould be "
               << ::testing::PrintToString(fields(it->second.seen));
      }
      ++it;
    });
    skip();
    ASSERT_TRUE(it == app.records.end()) << it->first.second << " should be listed";
  });
}

/// Compares everything there is to see; a difference is a fatal failure.
inline void compare(const Node& node, Model& model) {
  ASSERT_EQ(node.registry.size(), model.size());
  ASSERT_EQ(node.registry.lease_status().expected_per_minute, model.expected);
  static const Name kApps[] = {{"", "", "a", "e"}, {"", "", "a", "f"}, {"", "", "b", "e"}, {"", "", "b", "f"}};
  std::vector<AppKey> keys;
  for (const Name& name : kApps) {
    const App* app = model.find(name);
    compare_look(node, name, app);
    if (app && app->visible() > 0) {
      keys.push_back({name.appid, name.env});
      compare_list(node, name, *app);
    }
    if (::testing::Test::HasFatalFailure()) return;
  }
  ASSERT_EQ(node.registry.application_keys(), keys);
}

}  // namespace discovery::registry::model
