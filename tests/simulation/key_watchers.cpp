#include "simulation/key_watchers.h"

#include <algorithm>

#include "simulation/chance.h"

namespace discovery::simulation {

using keyspace::EventPtr;
using keyspace::EventType;
using keyspace::Revision;

namespace {
constexpr Ns kUnderWay = 2 * kSecond;
const std::string kZero(1, '\0');
}  // namespace

/// A watch at a node, and the connection it came over.
class KeyWatchers::Connection final : public keyspace::Watch {
 public:
  Connection(KeyWatchers& all, uint32_t watcher) : all_(all), watcher_(watcher) {}

  void told(const EventPtr& event) override {
    OurNode* const node = all_.world_.keys_at(all_.watchers_[watcher_].node);
    broken = broken || !node;  // what follows is not heard either
    if (broken) return;
    rises(event->kv->mod_revision, node->now());
    all_.told(watcher_, event, false, node->now());
  }
  void lost() override { broken = true; }
  void rises(Revision revision, Ns now) {
    if (revision <= last) {
      all_.judge_.wrong(Wrong::kRevision, now,
                        "watcher " + std::to_string(watcher_) + " is told " + std::to_string(revision) + " after " +
                            std::to_string(last));
    }
    last = revision;
  }

  bool broken = false;
  bool lists = false;  ///< an event wants it
  Revision last = 0;
  Ns since = 0;

 private:
  KeyWatchers& all_;
  const uint32_t watcher_;
};

KeyWatchers::KeyWatchers(uint64_t seed, KeyWorld& world, EventQueue& queue, KeyJudge& judge, Trace& trace)
    : random_(stream(seed, 13)), world_(world), queue_(queue), judge_(judge), trace_(trace), watchers_(kWatchers) {
  for (uint32_t w = 0; w < kWatchers; ++w) {
    Watcher& watcher = watchers_[w];
    watcher.kind = w % 4 == 3 ? Kind::kRelists : w % 4 == 2 ? Kind::kProgress : Kind::kDelta;
    watcher.node = static_cast<uint32_t>(random_.below(world_.count()));
    switch (w / 4) {
      case 0:
        watcher.range = {kZero, kZero};
        break;
      case 1:
        watcher.range = {"svc/", key_range_end("svc/")};
        break;
      default:
        watcher.range = {key_name(w % kKeys), ""};
        break;
    }
  }
}

KeyWatchers::~KeyWatchers() = default;

void KeyWatchers::begin() {
  for (uint32_t w = 0; w < kWatchers; ++w) again(w, between(random_, kSecond, 30 * kSecond));
}

void KeyWatchers::again(uint32_t watcher, Ns at) {
  queue_.put(at, EventKind::kKeyWatcher, watcher, ++watchers_[watcher].serial);
}

OurNode* KeyWatchers::next_node(Watcher& watcher) {
  watcher.node = (watcher.node + 1) % world_.count();
  return world_.keys_at(watcher.node);
}

void KeyWatchers::on_watcher(uint32_t number, uint32_t serial, Ns now) {
  Watcher& w = watchers_[number];
  if (w.serial != serial) return;
  if (w.connection) {
    OurNode* const node = world_.keys_at(w.node);
    if (!node || w.connection->broken || happens(random_, 15'000)) w.connection.reset();
    if (w.connection && w.kind == Kind::kProgress && happens(random_, 50'000)) {
      const Revision progress = node->watches().told_until();
      if (progress >= w.next) w.next = progress + 1;
    }
    if (w.connection && w.connection->lists) {
      w.connection->lists = false;
      const uint32_t stays = w.node;
      list(number, now);
      w.node = stays;
    }
  }
  if (!w.connection && (w.listed || list(number, now))) watch(number, now);
  again(number, now + between(random_, w.connection ? kSecond : 300 * kMillisecond, kSecond));
}

void KeyWatchers::apply(Watcher& watcher, const std::string& key, const std::string& value) {
  watcher.keys[key] = {value, watcher.node, false, false};
}

bool KeyWatchers::list(uint32_t number, Ns now) {
  Watcher& w = watchers_[number];
  OurNode* const node = next_node(w);
  if (!node) return false;
  const keyspace::RangeOutcome found = node->keys().range(w.range, 0);
  w.keys.clear();
  for (const keyspace::KeyValuePtr& kv : found.kvs) {
    apply(w, kv->key, kv->value);
    if (kv->mod_revision > found.revision) {
      judge_.wrong(Wrong::kRevision, now, "a list of n" + std::to_string(w.node) + " is older than what it shows");
    }
  }
  if (!w.connection) w.next = found.revision + 1;
  w.listed = true;
  trace_.number(uint64_t{number} << 32 | found.kvs.size());
  trace_.line(now, "w%u lists %zu keys at n%u, revision %lld", number, found.kvs.size(), w.node,
              static_cast<long long>(found.revision));
  return true;
}

bool KeyWatchers::watch(uint32_t number, Ns now) {
  Watcher& w = watchers_[number];
  OurNode* const node = next_node(w);
  if (!node) return false;
  w.connection = std::make_unique<Connection>(*this, number);
  w.connection->since = now;
  const keyspace::WatchBegin begin = node->watches().enter(*w.connection, w.range, w.next, {}, node->clock().read(now));
  trace_.number(uint64_t{number} << 32 | begin.replay.size());
  trace_.line(now, "w%u watches at n%u from %lld: %zu replayed%s", number, w.node, static_cast<long long>(w.next),
              begin.replay.size(), begin.compacted > 0 ? ", compacted" : "");
  if (begin.compacted > 0) {
    w.connection.reset();
    w.listed = false;
    return false;
  }
  for (const EventPtr& event : begin.replay) {
    w.connection->rises(event->kv->mod_revision, now);
    if (event->kv->mod_revision > begin.revision) {
      judge_.wrong(Wrong::kRevision, now, "a watch at n" + std::to_string(w.node) + " is older than what it replays");
    }
    told(number, event, true, now);
  }
  world_.stirred(w.node);
  return true;
}

void KeyWatchers::told(uint32_t number, const EventPtr& event, bool replayed, Ns now) {
  Watcher& w = watchers_[number];
  ++told_;
  const bool put = event->type == EventType::kPut;
  trace_.number(uint64_t{number} << 32 ^ static_cast<uint64_t>(event->kv->mod_revision));
  trace_.line(now, "w%u is told by n%u: %s %s%s", number, w.node, event->kv->key.c_str(),
              put ? event->kv->value.c_str() : "deleted", replayed ? " (replayed)" : "");
  w.next = event->kv->mod_revision + 1;
  if (w.kind == Kind::kRelists) {
    w.connection->lists = true;
    again(number, now + kMillisecond);
  } else {
    apply(w, event->kv->key, put ? event->kv->value : "");
  }
  if (!put || replayed) return;
  for (uint32_t k = 0; k < kKeys; ++k) {
    const auto write = write_of_value(event->kv->value);
    if (write && key_name(k) == event->kv->key) judge_.told_put(w.node, k, *write, now);
  }
}

void KeyWatchers::hang_up(uint32_t node, const std::vector<uint32_t>& lost) {
  for (Watcher& w : watchers_) {
    if (w.connection && w.node == node) w.connection.reset();
    for (const uint32_t key : lost) {
      const auto it = w.keys.find(key_name(key));
      if (it != w.keys.end() && it->second.node == node) it->second.excused = true;
    }
  }
}

void KeyWatchers::check(Ns now) {
  for (uint32_t number = 0; number < kWatchers; ++number) {
    Watcher& w = watchers_[number];
    OurNode* const node = w.connection ? world_.keys_at(w.node) : nullptr;
    if (!node || w.connection->broken || w.kind == Kind::kRelists || now - w.connection->since < kUnderWay) continue;
    std::map<std::string, std::string> there;
    const auto began = to_wire_ns(node->clock().read(now - kUnderWay)) / 1000 * keyspace::kRevisionStep;
    bool under_way = false;
    const keyspace::RangeOutcome all = node->keys().range(w.range, 0);
    for (const keyspace::KeyValuePtr& kv : all.kvs) {
      there[kv->key] = kv->value;
      under_way = under_way || kv->mod_revision > began;
    }
    if (under_way || all.revision > began) continue;
    for (const auto& [key, value] : there) w.keys.try_emplace(key);
    for (auto& [key, known] : w.keys) {
      const auto it = there.find(key);
      const std::string value = it == there.end() ? "" : it->second;
      if (known.value == value || known.excused || known.reported) continue;
      known.reported = true;
      judge_.wrong(Wrong::kKeyMissed, now,
                   "w" + std::to_string(number) + " at n" + std::to_string(w.node) + " knows " + key + " as " +
                       (known.value.empty() ? "deleted" : known.value) + ", told by n" + std::to_string(known.node) +
                       ", but it is " + (value.empty() ? "deleted" : value));
    }
  }
}

}  // namespace discovery::simulation
