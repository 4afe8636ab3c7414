// Node: from one process of it to the next (upgrade.h, take_over.h).
#include <unistd.h>

#include <csignal>

#include "node/node.h"

namespace discovery::node {

using observe::LogLevel;

HandoverParts Node::handover_parts() {
  return {registry_, history_, sweep_, *server_, cluster_, wakes_, store_.get(), logger_, clock_, replays_};
}

void Node::make_upgrade(Program program, const net::SteadyClock::Anchor& anchor) {
  Upgrade::Settings settings{std::move(program), anchor, {}};
  {
    const MutexLock lock(config_mutex_);
    settings.data_dir = config_.cluster.data_dir;
  }
  upgrade_ = std::make_unique<Upgrade>(
      std::move(settings), handover_parts(),
      Upgrade::Events{[this] { etcd_.keys().leave(); },
                      [this](bool ok) {
                        metrics_.upgrades[ok ? observe::UpgradeResult::kLeft : observe::UpgradeResult::kError].add();
                      },
                      [this] {
                        left_.store(true);
                        kill(getpid(), SIGUSR2);  // the main thread waits for signals
                      },
                      [this] { return !heir_ || heir_->done(); }});
}

Result<std::string> Node::upgrade() {
  if (draining_.load(std::memory_order_relaxed)) return Error{ErrorCode::kConflict, "the node is draining"};
  return upgrade_->ask();
}

bool Node::take_over() {
  Result<void> done = heir_->opened();
  if (done) done = heir_->take_state(handover_parts());
  if (done) {
    if (history_.enabled()) changes_.tell_history();
    protection_.synced();
    cluster_.take_over();
    static_cast<void>(list_self(clock_.now()));
    server_->start();
    done = heir_->serving();
  }
  if (!done) {
    logger_.log(LogLevel::kError, "take_over_failed", {{"error", std::string_view(done.error().message)}});
    logger_.flush();
    return false;
  }
  metrics_.upgrades[observe::UpgradeResult::kTookOver].add();
  told(notifier_.took_over(getpid(), "serving"));
  return true;
}

bool Node::begin_serving() {
  if (heir_) return take_over();
  history_.note(history::EventKind::kStarted, clock_.now());
  protection_.set_ready(false);
  if (store_) store_->start();
  cluster_.start(store_ && store_->recovery().generation > 0);
  static_cast<void>(list_self(clock_.now()));  // before the first request, where no other node is waited for
  server_->start();
  told(notifier_.ready("serving"));
  return true;
}

// Nothing is said to anybody: the node goes on.
int Node::end_left() {
  upgrade_->end();
  stop_workers();
  cluster_.stop();
  logger_.log(LogLevel::kInfo, "left", {});
  logger_.flush();
  return static_cast<int>(ExitCode::kClean);
}

}  // namespace discovery::node
