// The one long poll that follows all applications of a client, and the nodes of the registry itself.
//
//             +---------------------------------------------------------------+
//             v                                                               |
//   waiting: a moment (new watches gather), back-off --> polling --answer: news, -304--> asked again
//             ^                                          |   |
//             |                                          |   +--a watch was added: cut--> waiting
//             +--next node, back-off--error, -500, bad --+
//
// What it believes:
//  * A list of a node replaces the one before, whatever the timestamps.
//  * "Unknown" (error[-404]) of a node that has told of the application since contact was made: the list is empty, at
//  once.
//    Of a node that has not (a new one, or one that may have lost its memory): after Options::unknown_grace, if it says
//    so still.
//  * Anything else (no answer, -500, no JSON) changes no list.
// So that a node says what it does not know without being asked one by one, the first poll after contact was made or a
// watch was added asks for infra.discovery with timestamp 0, which is answered at once; where even that is unknown, for
// everything with 0. The other cursors are kept over a change of the node (docs/http-api.md, "Changing the node"),
// unless keep_cursors is off. Thread: the loop's sequence. Time: steady. Limits: by the Shelf. Cost: one parked
// request.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/answers.h"
#include "client/forms.h"
#include "client/gate.h"
#include "client/link.h"
#include "client/loop.h"
#include "client/shelf.h"
#include "discovery/watch.h"

namespace discovery::client {

class Core;

/// What a Watch and the poller share.
struct Watch::State {
  std::string appid;
  Error error;  ///< set before it is shared; then nothing else is
  std::shared_ptr<Gate> gate;
  std::weak_ptr<Core> core;
  std::shared_ptr<Shelf> shelf;
  Gate::Door door;
  WatchHandler handler;  ///< called through the door; taken away once that is closed and nobody inside
  bool stopped = false;  ///< the owner's
};

class Poller {
 public:
  explicit Poller(Core& core);

  void start();
  void stop();
  void add(const std::shared_ptr<Watch::State>& watch);
  void remove(const std::shared_ptr<Watch::State>& watch);

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Entry {
    int64_t cursor_ns = 0;
    Shelf::List list;                                    ///< null: nothing heard yet
    std::vector<std::shared_ptr<Watch::State>> watches;  ///< none: of the nodes alone
    bool told_here = false;                              ///< by this node, since contact was made
    std::optional<Time> unknown_since;                   ///< said by one that never told
  };

  void poll();
  void note_node(const Node& node);
  [[nodiscard]] std::vector<Cursor> cursors();
  void on_answer(const LinkAnswer& answer);
  void take(PollsAnswer answer);
  void take_list(InstanceList list);
  void take_unknown(Entry& entry, const std::string& appid);
  void on_nothing();
  [[nodiscard]] bool at_once() const;
  void fail(const Error& error);
  void again(Duration after);
  void give_up_on_unknown();
  void start_grace(Duration after);
  void publish(Entry& entry, InstanceList list);
  void follow_nodes(const InstanceList& list);

  Core& core_;
  Link link_;
  Timer timer_;        ///< until the next poll
  Timer grace_timer_;  ///< until unknown applications are believed
  std::map<std::string, Entry, std::less<>> entries_;
  std::optional<Node> node_;  ///< asked last
  Time node_since_;
  Time asked_at_;
  std::vector<std::string> asked_;
  bool asked_zero_ = false;  ///< with no timestamp at all
  bool settled_ = false;     ///< this node has said what it does not know
  bool all_zero_ = false;    ///< to be asked next
  size_t failures_ = 0;      ///< in a row
  size_t hollow_ = 0;        ///< answers in a row that came at once and told nothing
  size_t rapid_ = 0;         ///< answers in a row that came at once and told something
};

}  // namespace discovery::client
