#include "simulation/key_judge.h"

#include <algorithm>

#include "keyspace/record_names.h"

namespace discovery::simulation {

using keyspace::KeyValuePtr;
using keyspace::LeaseId;
using registry::RecordState;
using registry::StoredRecord;
using registry::Version;

namespace {
constexpr Ns kClocksDiffer = 4 * kSecond;
constexpr Ns kClocksMended = 300 * kSecond;
constexpr Ns kWakesWithin = 5 * kSecond;

const KeyRange kAllKeys{std::string(1, '\0'), std::string(1, '\0')};

Version version_at(const OurNode& node, uint32_t key) {
  Version v;
  const keyspace::RecordName name = keyspace::record_of_key(key_name(key));
  node.registry().with_record(node.registry().find_record(name.view()),
                              [&](const StoredRecord& r) { v = r.instance->numbers.version; });
  return v;
}

std::optional<uint32_t> number_of_key(std::string_view name) {
  for (uint32_t k = 0; k < kKeys; ++k) {
    if (key_name(k) == name) return k;
  }
  return std::nullopt;
}

std::string ms(Ns t) { return std::to_string(t / kMillisecond) + " ms"; }
}  // namespace

std::string key_range_end(const std::string& prefix) {
  std::string end = prefix;
  ++end.back();
  return end;
}

KeyJudge::KeyJudge(JudgedKeys& nodes, Judge& judge, bool lossy)
    : nodes_(nodes),
      judge_(judge),
      lossy_(lossy),
      keys_(kKeys),
      trouble_(size_t{nodes.count()} * nodes.count()),
      waking_(nodes.count()),
      outlives_(nodes.count()) {}

std::string KeyJudge::story_of_lease(uint32_t node, LeaseId id, const char* what) const {
  char name[32];
  std::snprintf(name, sizeof name, "%016llx", static_cast<unsigned long long>(id));
  std::string text = "n" + std::to_string(node) + " lease " + name + " " + what;
  const auto it = leases_.find(id);
  if (it == leases_.end()) return text + "; nobody knows it";
  const Lease& l = it->second;
  return text + "; of " + ms(l.length) + ", granted at " + ms(l.granted) + ", renewed at " + ms(l.accepted) +
         (l.revoked ? ", revoked" : "") + (l.over ? ", told over" : "");
}

std::string KeyJudge::story(uint32_t node, uint32_t key, const char* what) const {
  const Key& k = keys_[key];
  std::string text = "n" + std::to_string(node) + " " + key_name(key) + " " + what +
                     "; truth: " + (k.deleted ? "deleted" : k.value) + " by n" + std::to_string(k.node) + " at " +
                     ms(k.at) + (k.uncertain ? ", may be lost" : "");
  if (k.lease != 0) text += ", " + story_of_lease(node, k.lease, "keeps it");
  return text;
}

// What a node holds of a key and of its lease: V isible, H idden or T ombstone; age of the lease there, * if it knows
// of a renewal, + if it accepted that itself; up to when it is covered.
std::string KeyJudge::facts_of(uint32_t number, uint32_t key, LeaseId lease, Ns now) const {
  OurNode* const node = nodes_.alive(number);
  if (!node) return "n" + std::to_string(number) + ": away";
  const int64_t here = to_wire_ns(node->clock().read(now));
  std::string text = "n" + std::to_string(number) + ":";
  for (const keyspace::RecordName& name : {keyspace::record_of_key(key_name(key)), keyspace::record_of_lease(lease)}) {
    const bool any =
        node->registry().with_record(node->registry().find_record(name.view()), [&](const StoredRecord& r) {
          text += std::string(" ") + "VHT"[static_cast<size_t>(r.instance->numbers.state)] + ms(here - r.lease_ns) +
                  (r.lease_known ? "*" : "") + (r.home_ns >= r.lease_ns ? "+" : "");
        });
    if (!any) text += " -";
  }
  const auto covered = to_wire_ns(node->cluster().board().covered_until());
  return text + ", covered " + (covered > here ? "all" : ms(here - covered)) +
         (node->serves_keys() ? "" : ", not serving");
}

// ---------------------------------------------------------------------------------------------------- clients

void KeyJudge::accept(Lease& lease, uint32_t node, Ns now) {
  if (now - lease.accepted >= lease.length / 2) lease.steady_since = now;
  lease.accepted = std::max(lease.accepted, now);
  for (uint32_t n = 0; n < nodes_.count(); ++n) {
    if (!calm(n, node, now - kSettled)) continue;
    GoodAt& good = lease.at[n];
    if (good.since == kNever || now - good.last >= lease.length - kSecond) good.since = now;
    good.last = now;
    good.by = node;
  }
}

void KeyJudge::granted(LeaseId id, Ns length, uint32_t node, Ns now) {
  Lease& lease = leases_[id];
  lease.length = length;
  lease.granted = now;
  lease.granted_read = nodes_.alive(node)->clock().read(now);
  lease.at.resize(nodes_.count());
  accept(lease, node, now);
}

void KeyJudge::renewed(LeaseId id, uint32_t node, Ns now) {
  const auto it = leases_.find(id);
  if (it != leases_.end()) accept(it->second, node, now);
}

void KeyJudge::put_under(LeaseId id, Ns now) {
  const auto it = leases_.find(id);
  if (it != leases_.end()) it->second.put = now;
}

void KeyJudge::revoked(LeaseId id) {
  const auto it = leases_.find(id);
  if (it != leases_.end()) it->second.revoked = true;
}

bool KeyJudge::good_at(const Lease& lease, uint32_t node, Ns now) const {
  if (lease.revoked || lease.over) return false;
  const GoodAt& good = lease.at[node];
  if (good.since == kNever || now - good.since <= kSettled || now - good.last >= lease.length - kSecond) return false;
  return calm(node, good.by, good.last - kSettled);
}

bool KeyJudge::steady_at(const Lease& lease, uint32_t node, Ns now) const {
  if (lease.revoked || lease.over || now - lease.accepted >= lease.length - kSecond) return false;
  if (lease.steady_since > all_calm_at_ - kSettled || !calm(node, node, all_calm_at_)) return false;
  return now - all_calm_at_ < lease.length / 2 + std::max(lease.length, kGrace) - 4 * kSecond;
}

void KeyJudge::said_over(LeaseId id, uint32_t node, Ns now) {
  const auto it = leases_.find(id);
  if (it == leases_.end()) return;
  Lease& lease = it->second;
  look_at_clocks(now);
  const bool clocks = now - clocks_differed_ >= kClocksMended;
  if (clocks && !lossy_ && (good_at(lease, node, now) || steady_at(lease, node, now)))
    wrong(Wrong::kLeaseLost, now, story_of_lease(node, id, "is told over"));
  const Ns age = to_wire_ns(nodes_.alive(node)->clock().read(now)) - to_wire_ns(lease.granted_read);
  if (clocks && !lease.revoked && !lease.over && age > -kClocksDiffer &&
      std::max(age, now - lease.granted) < lease.length - 2 * kSecond) {
    wrong(Wrong::kLeaseLost, now, story_of_lease(node, id, "is told over, as young as it is"));
  }
  lease.over = true;
}

KeyJudge::Versions KeyJudge::versions(const OurNode& node) {
  Versions all(kKeys);
  for (uint32_t k = 0; k < kKeys; ++k) all[k] = version_at(node, k);
  return all;
}

void KeyJudge::wrote(uint32_t number, const Versions& before, Ns now) {
  OurNode* const node = nodes_.alive(number);
  for (uint32_t k = 0; k < kKeys; ++k) {
    const Version v = version_at(*node, k);
    if (v == before[k]) continue;
    const auto found = node->keys().range({key_name(k), ""}, 0).kvs;
    const KeyValuePtr kv = found.empty() ? nullptr : found.front();
    if (kv) {
      if (const auto write = write_of_value(kv->value)) writes_[*write] = v;
    }
    Key& truth = keys_[k];
    if (truth.any && v <= truth.version) continue;
    truth = {true, kv == nullptr, false, v, kv ? kv->lease : 0, kv ? kv->value : "", number, now};
  }
}

void KeyJudge::answered(uint32_t node, uint32_t key, Ns written, Ns now) {
  const Key& truth = keys_[key];
  if (lossy_ || !truth.any || truth.node != node || truth.at != written) return;
  look_at_links(now);
  for (uint32_t n = 0; n < nodes_.count(); ++n) {
    OurNode* const other = nodes_.alive(n);
    if (!other || !nodes_.same_zone(n, node) || !calm(n, node, now - kSettled)) continue;
    if (version_at(*other, key) < truth.version) wrong(Wrong::kStaleRead, now, story(n, key, "is not there yet"));
  }
}

void KeyJudge::told_put(uint32_t node, uint32_t key, uint32_t write, Ns now) {
  const auto it = writes_.find(write);
  if (lossy_ || it == writes_.end()) return;
  look_at_links(now);
  if (!all_calm(now - kSettled)) return;
  for (uint32_t n = 0; n < nodes_.count(); ++n) {
    OurNode* const other = nodes_.alive(n);
    if (!other || !nodes_.same_zone(n, keys_[key].node) || version_at(*other, key) >= it->second) continue;
    wrong(Wrong::kStaleRead, now,
          story(n, key, ("lacks " + value_name(write) + " which n" + std::to_string(node) + " told").c_str()));
  }
}

// ---------------------------------------------------------------------------------------------------- nodes

void KeyJudge::trouble(uint32_t node, Ns now) {
  for (uint32_t n = 0; n < nodes_.count(); ++n) {
    trouble_[n * nodes_.count() + node] = trouble_[node * nodes_.count() + n] = now;
  }
  waking_[node] = now + kWakesWithin;
}

void KeyJudge::thawed(uint32_t node, Ns now) { trouble(node, now); }

bool KeyJudge::all_calm(Ns since) const {
  for (uint32_t a = 0; a < nodes_.count(); ++a) {
    for (uint32_t b = 0; b < a; ++b) {
      if (!calm(a, b, since)) return false;
    }
  }
  return nodes_.count() > 1;
}

std::vector<uint32_t> KeyJudge::stops(uint32_t node, Ns now) {
  std::vector<uint32_t> lost;
  trouble(node, now);
  OurNode* const own = nodes_.alive(node);
  for (uint32_t k = 0; k < kKeys; ++k) {
    const Version v = own ? version_at(*own, k) : keys_[k].version;
    bool held = v == Version{};
    for (uint32_t n = 0; n < nodes_.count(); ++n) {
      OurNode* const other = n == node ? nullptr : nodes_.alive(n);
      held = held || (other && version_at(*other, k) >= v);
    }
    if (held) continue;
    lost.push_back(k);
    if (keys_[k].any && v >= keys_[k].version) keys_[k].uncertain = true;
  }
  return lost;
}

// A cut that began since the last look counts too, so this is asked again where a write or an event is judged.
void KeyJudge::look_at_links(Ns now) {
  for (uint32_t a = 0; a < nodes_.count(); ++a) {
    if (!nodes_.alive(a)) trouble(a, now);
    for (uint32_t b = 0; b < a; ++b) {
      if (!nodes_.cut_between(a, b)) continue;
      trouble_[a * nodes_.count() + b] = trouble_[b * nodes_.count() + a] = now;
    }
  }
}

void KeyJudge::look(Ns now) {
  look_at_links(now);
  if (now >= losses_until_) lossy_ = false;
  if (all_calm(now - kSettled)) all_calm_at_ = now;
  look_at_clocks(now);
  if (now - clocks_differed_ < kClocksMended) return;
  for (uint32_t n = 0; n < nodes_.count(); ++n) {
    OurNode* const node = nodes_.alive(n);
    if (node && now >= waking_[n] && node->serves_keys()) look_at(n, *node, now);
  }
}

// Rules that name a time suppose that clocks differ by less than the slack of 5 s (etcd-api.md 6.2, R2).
void KeyJudge::look_at_clocks(Ns now) {
  TimePoint least = TimePoint::max();
  TimePoint most{};
  for (uint32_t n = 0; n < nodes_.count(); ++n) {
    OurNode* const node = nodes_.alive(n);
    if (!node) continue;
    least = std::min(least, node->clock().read(now));
    most = std::max(most, node->clock().read(now));
  }
  if (most - least > Duration(kClocksDiffer) && most > least) clocks_differed_ = now;
}

void KeyJudge::look_at(uint32_t number, OurNode& node, Ns now) {
  std::vector<KeyValuePtr> there(kKeys);
  const keyspace::RangeOutcome all = node.keys().range(kAllKeys, 0);
  for (const KeyValuePtr& kv : all.kvs) {
    if (kv->mod_revision > all.revision) wrong(Wrong::kRevision, now, "n" + std::to_string(number) + " " + kv->key);
    if (const auto key = number_of_key(kv->key)) there[*key] = kv;
  }
  for (uint32_t k = 0; k < kKeys; ++k) {
    const KeyValuePtr& kv = there[k];
    Ns& told = outlives_[number].try_emplace(k, -kNever).first->second;
    if (kv && kv->lease != 0) {  // K2
      const auto it = leases_.find(kv->lease);
      const Ns length = it == leases_.end() ? 0 : it->second.length;
      const Ns until = it == leases_.end() ? 0
                                           : std::max(it->second.accepted, it->second.put) + length +
                                                 std::max(length, kGrace) + kOutlives;
      if (now > until && told != until) {
        told = until;
        std::string text = story(number, k, ("is " + kv->value + ", " + ms(now - until) + " too long").c_str()) + ", " +
                           story_of_lease(number, kv->lease, "keeps it here");
        for (uint32_t n = 0; n < nodes_.count(); ++n) text += "; " + facts_of(n, k, kv->lease, now);
        wrong(Wrong::kKeyOutlives, now, text);
      }
    }
    const Key& truth = keys_[k];  // K3
    if (!truth.any || truth.deleted || truth.uncertain || now - truth.at <= kSettled) continue;
    const auto lease = leases_.find(truth.lease);
    if (truth.lease != 0 && (lossy_ || lease == leases_.end())) continue;
    const bool steady = truth.lease != 0 && truth.at < all_calm_at_ - kSettled && steady_at(lease->second, number, now);
    // Who took it has it; once that one started anew, it is with the others only.
    const bool kept = calm(truth.node, truth.node, truth.at);
    const bool reached = kept ? calm(number, truth.node, now - kSettled) : all_calm(now - kSettled);
    const bool good = reached && (truth.lease == 0 || good_at(lease->second, number, now));
    if (!steady && !good) continue;
    if (!kv || kv->value != truth.value) {
      std::string text = story(number, k, kv ? ("is " + kv->value).c_str() : "is not there");
      for (uint32_t n = 0; n < nodes_.count(); ++n) text += "; " + facts_of(n, k, truth.lease, now);
      wrong(Wrong::kLeaseLost, now, text);
    }
  }
}

// ---------------------------------------------------------------------------------------------------- the end

void KeyJudge::verdict(Ns now) {
  OurNode* first = nullptr;
  uint32_t first_number = 0;
  for (uint32_t n = 0; n < nodes_.count(); ++n) {
    OurNode* const node = nodes_.alive(n);
    if (!node || !node->serves_keys()) continue;
    judge_instances(n, *node, now);
    if (first) {
      compare(first_number, *first, n, *node, now);
    } else {
      first = node;
      first_number = n;
    }
  }
}

void KeyJudge::compare(uint32_t a, OurNode& one, uint32_t b, OurNode& other, Ns now) {
  for (uint32_t k = 0; k < kKeys; ++k) {
    const auto text = [&](OurNode& node) {
      const auto found = node.keys().range({key_name(k), ""}, 0).kvs;
      return found.empty() ? std::string("-") : found[0]->value + " by " + std::to_string(found[0]->lease);
    };
    const std::string here = text(one);
    const std::string there = text(other);
    if (here == there) continue;
    wrong(Wrong::kKeysDiverged, now,
          story(b, k, ("is " + there + ", but " + here + " at n" + std::to_string(a)).c_str()));
  }
  if (one.keys().leases() != other.keys().leases()) {
    std::string text = "n" + std::to_string(a) + " and n" + std::to_string(b) + " know other leases:";
    for (const auto& [x, y, n] : {std::tuple(&one, &other, b), std::tuple(&other, &one, a)}) {
      const auto has = y->keys().leases();
      for (const LeaseId id : x->keys().leases()) {
        if (!std::ranges::count(has, id)) text += " " + story_of_lease(n, id, "is missing") + ";";
      }
    }
    wrong(Wrong::kKeysDiverged, now, text);
  }
}

void KeyJudge::judge_instances(uint32_t number, OurNode& node, Ns now) {
  std::map<std::string, uint32_t> wanted;
  for (uint32_t k = 0; k < kKeyClients; ++k) {
    for (const KeyValuePtr& kv : node.keys().range({key_name(k), ""}, 0).kvs)
      wanted["[\"tcp://" + kv->value + "\"]"] = k;
  }
  std::vector<std::string> extra;
  registry::RecordCursor at;
  while (node.registry().read_records(at, 4096, [&](const StoredRecord& r) {
    if (r.app.env != "kv" || r.instance->numbers.state != RecordState::kVisible) return;
    if (wanted.erase(std::string(r.instance->addrs_json())) == 0) {
      extra.push_back(std::string(r.instance->zone()) + "/" + std::string(r.instance->hostname()) + " " +
                      std::string(r.instance->addrs_json()));
    }
  })) {
  }
  for (const std::string& one : extra) {
    wrong(Wrong::kOrphan, now, "n" + std::to_string(number) + " lists " + one + " without its key");
  }
  for (const auto& [addrs, key] : wanted) wrong(Wrong::kOrphan, now, story(number, key, "has no instance"));
}

}  // namespace discovery::simulation
