// Several nodes of one cluster, and records that travel between them, for tests.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "unit/registry/node.h"

namespace discovery::registry {

inline constexpr HashKey kClusterKey{0x1234, 0x5678};

/// Settings of the node of that id; the process secrets differ, so no test can hang on them.
inline RegistrySettings member(uint16_t id) {
  RegistrySettings s;
  s.hash_key = {id, ~uint64_t{id}};
  s.cluster_key = kClusterKey;
  s.node_id = id;
  return s;
}

/// A record that owns its texts.
class Parcel {
 public:
  explicit Parcel(const Record& r) : record_(r) {
    for (const std::string_view s : {r.app.env, r.app.appid, r.text.zone, r.text.hostname, r.text.region,
                                     r.text.version, r.text.addrs_json, r.text.metadata_json, r.text.extension}) {
      texts_.emplace_back(s);
    }
  }
  /// Valid as long as this.
  [[nodiscard]] Record record() const {
    Record r = record_;
    r.app = {texts_[0], texts_[1]};
    r.text = {texts_[2], texts_[3], texts_[4], texts_[5], texts_[6], texts_[7], texts_[8]};
    return r;
  }

 private:
  Record record_;
  std::vector<std::string> texts_;
};

/// What Registry shows of a record, owning its texts.
struct Kept {
  Parcel parcel;
  RecordRef ref;
  int64_t lease_ns = 0;
  bool lease_known = false;
  int64_t home_ns = 0;
  RecordState state = RecordState::kVisible;
};

inline std::optional<Kept> kept(const Node& node, RecordRef ref) {
  std::optional<Kept> out;
  node.registry.with_record(ref, [&](const StoredRecord& s) {
    out = Kept{Parcel(s.at(node.now)), s.ref, s.lease_ns, s.lease_known, s.home_ns, s.instance->numbers.state};
  });
  return out;
}
inline std::optional<Kept> kept(const Node& node, const Name& name) {
  return kept(node, node.registry.find_record(name.key()));
}
inline std::vector<Parcel> all_records(const Node& node) {
  std::vector<Parcel> out;
  RecordCursor at;
  while (node.registry.read_records(at, 7, [&](const StoredRecord& s) { out.emplace_back(s.at(node.now)); })) {
  }
  return out;
}
inline JoinOutcome join(Node& node, const Record& record, std::optional<TimePoint> lease = {},
                        bool trust_hidden = false) {
  return node.registry.join({record, lease, trust_hidden}, node.now);
}
/// Takes the record of that name, in any state, from one node to another.
inline JoinOutcome carry(const Node& from, Node& to, const Name& name) {
  const auto k = kept(from, name);
  if (!k) {
    ADD_FAILURE() << name << " is not stored there";
    return {};
  }
  return join(to, k->parcel.record());
}

/// The digest made anew from all records.
inline void expect_digest_exact(const Node& node) {
  Digest anew;
  for (const Parcel& p : all_records(node)) {
    const uint64_t key = key_digest(kClusterKey, p.record().key());
    anew.add(key, version_digest(kClusterKey, key, p.record().version));
  }
  ASSERT_TRUE(anew == node.registry.digest());
}

/// All that is the same on nodes that hold the same: of each record everything but leases.
inline std::map<Name, std::string> contents(const Node& node) {
  std::map<Name, std::string> out;
  for (const Parcel& p : all_records(node)) {
    const Record r = p.record();
    std::string s;
    for (const std::string_view part :
         {r.text.region, r.text.version, r.text.addrs_json, r.text.metadata_json, r.text.extension}) {
      (s += part) += '|';
    }
    const Version& v = r.version;
    for (const int64_t n : {v.incarnation.t_ns, int64_t{v.incarnation.node}, int64_t{v.incarnation.tombstone},
                            int64_t{v.incarnation.import_hash}, v.set.t_ns, int64_t{v.set.node}, r.reg_ns, r.up_ns,
                            r.dirty_ns, r.latest_ns, int64_t{r.status}}) {
      (s += std::to_string(n)) += '|';
    }
    const Name name{std::string(r.text.hostname), std::string(r.text.zone), std::string(r.app.appid),
                    std::string(r.app.env)};
    EXPECT_TRUE(out.emplace(name, s).second) << name << " was read twice";
  }
  return out;
}

}  // namespace discovery::registry
