// The network between the nodes: calls with one answer each over links that are slow, lossy, cut, one-way cut or
// clogged.
//
// It keeps the promise of cluster/transport.h: a call waits for the one before it on its channel; a connection begins
// with a hello, and any other call on a connection that had none fails at once; a connection ends with a failure or
// with the process at its other end. A request may come twice, the second time late; the first answer counts.
//
// Who is called and who is answered is behind NetworkEnds. All times are true times. Thread: one.
// Knowledge: every message carries the sender's vector of "what I have heard of whom", so that the judge can tell
// whether a node could have known of a write. It is the simulator's own and no node sees it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/random.h"
#include "cluster/transport.h"
#include "simulation/event_queue.h"
#include "simulation/sim_time.h"
#include "simulation/trace.h"

namespace discovery::simulation {

struct NetworkQuality {
  Ns latency_min = kMillisecond / 5;
  Ns latency_mean = kMillisecond;  ///< exponential, on top of the least
  uint32_t lost_ppm = 0;
  uint32_t repeated_ppm = 0;
  uint32_t slow_ppm = 0;  ///< delayed by seconds
};

class NetworkEnds {
 public:
  [[nodiscard]] virtual bool up(uint32_t node) const = 0;
  /// Counts the starts of a node's process.
  [[nodiscard]] virtual uint32_t life(uint32_t node) const = 0;
  virtual cluster::CallResult serve(uint32_t node, uint32_t caller, const cluster::Call& call, bool late) = 0;
  virtual void answered(uint32_t node, uint64_t call_id, cluster::CallResult result) = 0;

 protected:
  ~NetworkEnds() = default;
};

class Network {
 public:
  Network(uint32_t nodes, EventQueue& queue, Random& random, Trace& trace, NetworkEnds& ends);

  void set_quality(const NetworkQuality& quality) { quality_ = quality; }
  /// Messages from a to b are dropped; cuts add up.
  void cut(uint32_t from, uint32_t to) { ++link(from, to).cuts; }
  void uncut(uint32_t from, uint32_t to) { --link(from, to).cuts; }
  /// Messages from a to b wait until it is over.
  void clog(uint32_t from, uint32_t to) { ++link(from, to).clogs; }
  void unclog(uint32_t from, uint32_t to, Ns now);
  void heal(Ns now);

  void call(uint32_t from, cluster::Call call, Ns now);
  void forget(uint32_t from, const std::string& address);
  /// The process has ended: its connections are closed, its calls forgotten.
  void drop(uint32_t node);

  void on_arrive(uint32_t slot, uint32_t serial, Ns now);
  void on_answer(uint32_t slot, uint32_t serial, Ns now);
  void on_timeout(uint32_t slot, uint32_t serial, Ns now);
  /// Whom the event concerns; kNobody when it is out of date. A node that stands still gets its events later.
  static constexpr uint32_t kNobody = UINT32_MAX;
  [[nodiscard]] uint32_t receiver(const Event& event) const;

  [[nodiscard]] uint64_t messages() const { return messages_; }
  [[nodiscard]] bool cut_between(uint32_t from, uint32_t to) const { return links_[from * nodes_ + to].cuts > 0; }
  /// Messages are dropped, or wait.
  [[nodiscard]] bool troubled(uint32_t from, uint32_t to) const {
    return cut_between(from, to) || links_[from * nodes_ + to].clogs > 0;
  }
  [[nodiscard]] bool any_cut() const;
  /// The latest true time of `of`'s life of which `node` has heard, over any number of hands; -1: never.
  [[nodiscard]] Ns heard(uint32_t node, uint32_t of) const { return heard_[node][of]; }

 private:
  struct Link {
    int cuts = 0;
    int clogs = 0;
    std::vector<std::pair<uint32_t, uint32_t>> waiting;  ///< slot, serial
  };
  enum class Stage : uint8_t { kFree, kUnderWay, kAnswered, kFailing };
  struct Slot {
    uint32_t serial = 0;
    Stage stage = Stage::kFree;
    bool caller_waits = false;  ///< false: the caller gave up, or this is the repetition of a call
    bool late = false;
    uint32_t from = 0;
    uint32_t to = 0;
    uint32_t from_life = 0;
    uint32_t to_life = 0;
    cluster::Call call;
    cluster::CallResult result;
    std::vector<Ns> heard;  ///< the sender's
    int events = 0;         ///< still to come for this slot
  };

  Link& link(uint32_t from, uint32_t to) { return links_[from * nodes_ + to]; }
  uint32_t& connection(uint32_t from, uint32_t to, cluster::Channel channel) {
    return connections_[(from * nodes_ + to) * 2 + static_cast<size_t>(channel)];
  }
  uint32_t take_slot();
  Slot* current(uint32_t slot, uint32_t serial);
  void event_over(uint32_t slot);
  void later(uint32_t slot, Ns at, EventKind kind);
  void fail(uint32_t slot, cluster::CallResult::Kind kind, Ns at);
  void tell(uint32_t slot, cluster::CallResult result);
  Ns delay(bool& late);
  void send_answer(uint32_t slot, Ns now);

  const uint32_t nodes_;
  EventQueue& queue_;
  Random& random_;
  Trace& trace_;
  NetworkEnds& ends_;
  NetworkQuality quality_;
  std::vector<Link> links_;
  std::vector<uint32_t> connections_;  ///< life of the other end that said hello, 0: none
  std::deque<Slot> slots_;             ///< stable: a slot is in use while others are added
  std::vector<uint32_t> free_;
  std::vector<std::vector<Ns>> heard_;
  uint64_t messages_ = 0;
};

/// "n3:7171" of 3, and back; Network::kNobody for anything else.
[[nodiscard]] std::string address_of(uint32_t node);
[[nodiscard]] uint32_t node_at(std::string_view address);

}  // namespace discovery::simulation
