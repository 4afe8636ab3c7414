// The registry as a few maps and the sentences of the specification, for the property test.
//
// Written from discovery-api.md 4 to 8 and 14 and replication.md 2.5 (R7), not from the code. What the specification
// leaves open is left open here: which of the expired ones a sweep takes, and the exact time of a change. The model
// says between which bounds it must lie and takes the observed value over.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "unit/registry/node.h"

namespace discovery::registry::model {

inline constexpr int64_t kSecondNs = 1'000'000'000;

struct Record {
  Seen seen;  ///< versions are not modelled
  [[nodiscard]] bool visible() const { return seen.numbers.state == RecordState::kVisible; }
};

struct App {
  std::map<std::pair<std::string, std::string>, Record> records;  ///< by zone and hostname: the order of lists
  int64_t latest_ns = 0;
  uint64_t watchers = 0;
  uint64_t id = 0;  ///< 0: not learned yet
  std::string scheduler;

  [[nodiscard]] size_t visible() const {
    return static_cast<size_t>(
        std::count_if(records.begin(), records.end(), [](const auto& r) { return r.second.visible(); }));
  }
};

/// What a write must have done, as far as it can be told without knowing the time it took.
struct Effect {
  bool found = true;  ///< false: kNotFound or kInvalidArgument
  bool applied = false;
  bool created = false;
  bool touched = false;  ///< T rises and the watchers are named
};

class Model {
 public:
  std::map<AppKey, App> apps;  ///< those that are remembered for any reason
  std::map<AppKey, std::string> schedulers;
  int64_t expected = 0, factual = 0, last = 0, held = 0;

  App* find(const Name& name) {
    const auto it = apps.find({name.appid, name.env});
    return it == apps.end() ? nullptr : &it->second;
  }
  Record* find_record(const Name& name) {
    App* app = find(name);
    if (!app) return nullptr;
    const auto it = app->records.find({name.zone, name.hostname});
    return it == app->records.end() ? nullptr : &it->second;
  }
  App& add(const Name& name) {
    const auto [it, added] = apps.try_emplace({name.appid, name.env});
    if (added) {
      if (const auto s = schedulers.find(it->first); s != schedulers.end()) it->second.scheduler = s->second;
    }
    return it->second;
  }
  [[nodiscard]] int64_t size() const {
    size_t n = 0;
    for (const auto& [key, app] : apps) n += app.visible();
    return static_cast<int64_t>(n);
  }

  // -- section 6.1 and R7
  Effect put(const Name& name, const Put& put, int64_t now_ns) {
    Record* stored = find_record(name);
    const bool visible = stored && stored->visible();
    if (stored && loses(*stored, put, now_ns)) return {};
    if (visible && put.writer == Writer::kReplica && put.dirty_ns == stored->seen.numbers.dirty_ns &&
        same(stored->seen, put)) {
      stored->seen.renew_ns = std::max(stored->seen.renew_ns, now_ns);
      return {.applied = true};
    }
    App& app = add(name);
    Record& r = app.records[{name.zone, name.hostname}];
    r.seen.region = put.region;
    r.seen.version = put.version;
    r.seen.addrs_json = put.addrs_json;
    r.seen.metadata_json = put.metadata_json;
    InstanceNumbers& n = r.seen.numbers;
    n.status = put.status;
    n.state = RecordState::kVisible;
    n.reg_ns = put.writer == Writer::kReplica && put.reg_ns > 0 ? put.reg_ns : kOpen;
    if (!visible) n.up_ns = kOpen;
    n.latest_ns = kOpen;
    n.dirty_ns = put.dirty_ns > 0 ? put.dirty_ns : kOpen;
    least_dirty_ = stored ? saturating_add(stored_dirty_, 1) : 1;
    r.seen.renew_ns = std::max(visible || stored ? r.seen.renew_ns : 0, now_ns);
    if (!visible) expected += 2;
    return {.applied = true, .created = !visible, .touched = true};
  }

  // -- section 6.2
  std::optional<RenewVerdict> renew(const Name& name, bool compare, int64_t dirty_ns, int64_t now_ns) {
    Record* stored = find_record(name);
    if (!stored || !stored->visible()) return std::nullopt;
    stored->seen.renew_ns = std::max(stored->seen.renew_ns, now_ns);
    ++factual;
    const int64_t have = stored->seen.numbers.dirty_ns;
    if (!compare || dirty_ns == have) return RenewVerdict::kRenewed;
    return dirty_ns > have ? RenewVerdict::kSenderIsNewer : RenewVerdict::kSenderIsOlder;
  }

  // -- section 6.3 and R7
  Effect cancel(const Name& name, Writer writer, int64_t stamp_ns, int64_t now_ns) {
    const bool stamped = writer == Writer::kReplica && stamp_ns > 0;
    Record* stored = find_record(name);
    if (!stored) {
      if (stamped) {
        Record& r = add(name).records[{name.zone, name.hostname}];
        r.seen.numbers.state = RecordState::kTombstone;
        r.seen.numbers.dirty_ns = stamp_ns;
        r.seen.renew_ns = now_ns;
      }
      return {.found = false};
    }
    InstanceNumbers& n = stored->seen.numbers;
    const bool visible = stored->visible();
    if (n.state == RecordState::kTombstone) {
      if (stamped && stamp_ns > n.dirty_ns) {
        n.dirty_ns = stamp_ns;
        stored->seen.renew_ns = now_ns;
      }
      return {.found = false};
    }
    if (stamped && stamp_ns < n.dirty_ns) return {.found = visible};  // late: dropped
    n.state = RecordState::kTombstone;
    if (stamped) n.dirty_ns = std::max(n.dirty_ns, stamp_ns);
    stored->seen.renew_ns = now_ns;
    if (!visible) return {.found = false};
    expected = std::max<int64_t>(0, expected - 2);
    return {.applied = true, .touched = true};
  }

  // -- section 8
  struct SweepRule {
    bool protecting = false;
    std::vector<Name> candidates;
    std::vector<Name> expired;
    size_t takes = 0;
  };
  SweepRule sweep(int64_t now_ns, bool recount) {
    last = std::exchange(factual, 0);
    if (recount) expected = 2 * size();
    for (auto it = apps.begin(); it != apps.end();) {
      App& app = it->second;
      std::erase_if(app.records, [&](const auto& entry) {
        return !entry.second.visible() && now_ns - entry.second.seen.renew_ns > 4000 * kSecondNs;
      });
      const bool remembered = app.latest_ns > 0 && now_ns < app.latest_ns + 600 * kSecondNs;
      it = app.records.empty() && app.watchers == 0 && !remembered ? apps.erase(it) : std::next(it);
    }
    SweepRule rule;
    rule.protecting = last < static_cast<int64_t>(std::floor(static_cast<double>(expected) * 0.85));
    for (const auto& [key, app] : apps) {
      for (const auto& [where, record] : app.records) {
        const int64_t age = now_ns - record.seen.renew_ns;
        if (!record.visible() || age <= 90 * kSecondNs) continue;
        const Name name{where.second, where.first, key.appid, key.env};
        rule.expired.push_back(name);
        if (!rule.protecting || age > 3600 * kSecondNs) rule.candidates.push_back(name);
      }
    }
    const auto limit = size() - static_cast<int64_t>(std::floor(static_cast<double>(size()) * 0.85));
    rule.takes = std::min(static_cast<size_t>(limit), rule.candidates.size());
    held = static_cast<int64_t>(rule.expired.size() - rule.takes);
    return rule;
  }
  void hide(const Name& name) {
    find_record(name)->seen.numbers.state = RecordState::kHidden;
    expected = std::max<int64_t>(0, expected - 2);
  }

  /// Fills what was left open in a record with the time observed.
  void settle(Record& r, int64_t t_ns) const {
    InstanceNumbers& n = r.seen.numbers;
    for (int64_t* field : {&n.reg_ns, &n.up_ns, &n.latest_ns}) {
      if (*field == kOpen) *field = t_ns;
    }
    if (n.dirty_ns == kOpen) n.dirty_ns = std::max(t_ns, least_dirty_);
  }

 private:
  static constexpr int64_t kOpen = INT64_MIN;

  /// Remembers the stored dirty_timestamp for the rule "a plain write takes stored + 1 at least".
  bool loses(const Record& stored, const Put& put, int64_t now_ns) {
    const int64_t have = stored_dirty_ = stored.seen.numbers.dirty_ns;
    if (put.writer == Writer::kClient) return stored.visible() && put.dirty_ns > 0 && put.dirty_ns < have;
    const int64_t given = put.dirty_ns > 0 ? put.dirty_ns : now_ns;
    return stored.seen.numbers.state == RecordState::kTombstone ? given <= have : given < have;
  }
  static bool same(const Seen& s, const Put& p) {
    return s.region == p.region && s.version == p.version && s.addrs_json == p.addrs_json &&
           s.metadata_json == p.metadata_json && s.numbers.status == p.status;
  }

  int64_t stored_dirty_ = 0;
  int64_t least_dirty_ = 1;
};

}  // namespace discovery::registry::model
