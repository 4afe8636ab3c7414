// Watchers of keys: clients that list at one node, watch at another and go on at a third when theirs does not answer.
//
//   kDelta     what it knows follows from its first list and the events (naming, go-zero, rpcx): K1 is about it
//   kProgress  the same, and it asks how far it was told while nothing happens (clientv3)
//   kRelists   every event makes it list, at another node, and it believes the list alone (kratos, nmid): see K6
//
// Resuming, it asks for what follows the last revision it saw, whichever node that was of. Thread: one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "simulation/key_clients.h"

namespace discovery::simulation {

class KeyWatchers {
 public:
  static constexpr uint32_t kWatchers = 12;

  KeyWatchers(uint64_t seed, KeyWorld& world, EventQueue& queue, KeyJudge& judge, Trace& trace);
  ~KeyWatchers();

  void begin();
  void on_watcher(uint32_t watcher, uint32_t serial, Ns now);
  /// The connections of its clients break; `lost` are the keys whose last write ends with it.
  void hang_up(uint32_t node, const std::vector<uint32_t>& lost);
  /// K1 against the node of each watch.
  void check(Ns now);
  [[nodiscard]] uint64_t told() const { return told_; }

 private:
  enum class Kind : uint8_t { kDelta, kProgress, kRelists };
  class Connection;
  struct Known {
    std::string value;  ///< "": it was deleted
    uint32_t node = 0;  ///< who told it last
    bool excused = false;
    bool reported = false;
  };
  struct Watcher {
    Kind kind = Kind::kDelta;
    KeyRange range;
    std::map<std::string, Known> keys;
    bool listed = false;
    keyspace::Revision next = 0;  ///< where it resumes
    uint32_t node = 0;
    uint32_t serial = 0;
    std::unique_ptr<Connection> connection;
  };

  void again(uint32_t watcher, Ns at);
  OurNode* next_node(Watcher& watcher);
  bool list(uint32_t watcher, Ns now);
  bool watch(uint32_t watcher, Ns now);
  void told(uint32_t watcher, const keyspace::EventPtr& event, bool replayed, Ns now);
  void apply(Watcher& watcher, const std::string& key, const std::string& value);

  SeededRandom random_;
  KeyWorld& world_;
  EventQueue& queue_;
  KeyJudge& judge_;
  Trace& trace_;
  std::vector<Watcher> watchers_;
  uint64_t told_ = 0;
};

}  // namespace discovery::simulation
