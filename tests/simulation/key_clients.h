// Clients of the key space: processes that keep a key under a lease as clients of etcd do, and what is done to them.
//
// A process grants a lease at one node, puts its key at the next, renews every third of the length at the next, and so
// on: half of them go on to another node with every call, the others only when theirs does not answer. An answer that
// the lease is over makes it begin anew. Its own key it alone writes; shared keys everybody does, with and without a
// lease. Besides: new values, deletions, keys that move to another lease (the old one revoked or left), revokes, and
// processes that crash for good.
// The answer of a write comes when every node that can be reached has it, or after kWriteWait (etcd-api.md 6.2, R4).
// Thread: one.
#pragma once

#include <vector>

#include "base/random.h"
#include "simulation/event_queue.h"
#include "simulation/key_judge.h"
#include "simulation/our_node.h"

namespace discovery::simulation {

class KeyWorld {
 public:
  [[nodiscard]] virtual uint32_t count() const = 0;
  /// Null when no client reaches it, or it does not serve keys now.
  virtual OurNode* keys_at(uint32_t node) = 0;
  virtual void stirred(uint32_t node) = 0;

 protected:
  ~KeyWorld() = default;
};

class KeyClients {
 public:
  static constexpr Ns kOperationEvery = 45 * kSecond;  ///< on the average, per client
  static constexpr Ns kWriteWait = 200 * kMillisecond;

  KeyClients(uint64_t seed, KeyWorld& world, EventQueue& queue, KeyJudge& judge, Trace& trace);

  void begin();
  void on_client(uint32_t client, uint32_t serial, Ns now);
  void on_operation(uint32_t client, Ns now);
  /// From now on they only renew.
  void calm() { calm_ = true; }
  [[nodiscard]] uint64_t operations() const { return operations_; }

 private:
  enum class Phase : uint8_t { kGrant, kPut, kAnswer, kRenew };
  struct Client {
    bool runs = false;
    bool sticks = false;
    Phase phase = Phase::kGrant;
    Ns length = 0;
    keyspace::LeaseId lease = 0;
    uint32_t node = 0;
    uint32_t serial = 0;
    Ns renew_at = 0;
    // of the write that waits for its answer
    uint32_t asked = 0;
    TimePoint written{};
    Ns answer_by = 0;
  };

  void start(uint32_t client, Ns at);
  void again(uint32_t client, Ns at);
  /// The node of its next call; null: it does not answer, and the next call is for another.
  OurNode* next_node(Client& client);
  void grant(uint32_t client, Ns now);
  void put_own(uint32_t client, Ns now);
  void wait_for_answer(uint32_t client, Ns now);
  void renew(uint32_t client, Ns now);
  void over(uint32_t client, keyspace::LeaseId lease, Ns now);
  keyspace::Fault put(uint32_t node, uint32_t key, keyspace::LeaseId lease, Ns now);
  void erase(uint32_t node, uint32_t key, Ns now);
  bool revoke(keyspace::LeaseId lease, Ns now);
  uint32_t any_node() { return static_cast<uint32_t>(random_.below(world_.count())); }
  uint32_t any_shared() { return kKeyClients + static_cast<uint32_t>(random_.below(kSharedKeys)); }

  SeededRandom random_;
  KeyWorld& world_;
  EventQueue& queue_;
  KeyJudge& judge_;
  Trace& trace_;
  bool calm_ = false;
  std::vector<Client> clients_;
  uint32_t writes_ = 0;
  uint64_t operations_ = 0;
};

}  // namespace discovery::simulation
