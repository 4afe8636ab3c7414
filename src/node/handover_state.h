// What both processes of a hand-over work with: the parts of their node, and the two directions in which changed
// records go while both serve.
//
// Thread: one, that of the hand-over. Errors: those of the channel, and of what came over it.
#pragma once

#include <string>
#include <vector>

#include "access/replay_guard.h"
#include "handover/ledger.h"
#include "handover/messages.h"
#include "history/history.h"
#include "net/http_server.h"
#include "net/process_channel.h"
#include "node/reactor_unit.h"
#include "node/store_keeper.h"
#include "observe/log.h"
#include "registry/registry.h"
#include "registry/sweep.h"

namespace discovery::node {

/// All of it outlives the hand-over.
struct HandoverParts {
  registry::Registry& registry;
  history::History& history;
  registry::Sweep& sweep;
  net::HttpServer& server;
  ClusterHost& cluster;
  WakeDispatcher& wakes;
  StoreKeeper* store;  ///< null without a data folder
  observe::Logger& logger;
  const Clock& clock;
  access::ReplayGuard& replays;
};

/// A message without descriptors.
[[nodiscard]] Result<void> tell(net::ProcessChannel& channel, handover::Kind kind, std::string_view bytes = {});

/// What became of a folder that passed from one process to the other: a line where it could not be taken.
void tell_of_folder(const HandoverParts& parts, const Result<void>& held);

/// Changed records, there and back.
class RecordExchange {
 public:
  static constexpr Duration kEvery = std::chrono::milliseconds(20);

  RecordExchange(net::ProcessChannel& channel, const HandoverParts& parts)
      : channel_(channel), parts_(parts), ledger_(parts.registry) {}

  /// Tells all that the other one does not have. Returns how many messages that took.
  Result<size_t> tell_all();
  /// The same, if it is time for it: at most a tenth of the time goes into looking.
  Result<void> tell_sometimes();
  /// T of every application.
  Result<void> tell_times();
  Result<void> take(std::string_view records);
  [[nodiscard]] const handover::Ledger& ledger() const { return ledger_; }

 private:
  net::ProcessChannel& channel_;
  const HandoverParts& parts_;
  handover::Ledger ledger_;
  TimePoint next_{};
};

}  // namespace discovery::node
