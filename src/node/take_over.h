// The new process of a hand-over: takes the sockets and the state of the one that started it, and its place.
//
//     auto heir = TakeOver::open(environment);              // null: started by nobody of ours
//     ... clock(), sockets() ...  heir->opened();           // or refuse()
//     heir->take_state(parts);  ... serve ...  heir->serving();
//
// Lifecycle: in this order; ends, with what the other process still serves, by itself or by leave(). Thread: that of
// the caller; from serving() on one of its own. Errors: of everything before serving(): the process ends, and the other
// one serves on. Source: decision 0039.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "handover/messages.h"
#include "net/http_server.h"
#include "net/process_channel.h"
#include "net/steady_clock.h"
#include "node/config_host.h"
#include "node/handover_state.h"

namespace discovery::node {

class TakeOver {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(60);  ///< with the other process, before it says Go

  [[nodiscard]] static Result<std::unique_ptr<TakeOver>> open(const Environment& environment);
  ~TakeOver() { leave(); }
  TakeOver(const TakeOver&) = delete;
  TakeOver& operator=(const TakeOver&) = delete;

  [[nodiscard]] net::SteadyClock::Anchor clock() const;
  [[nodiscard]] const std::string& data_dir() const { return begin_.data_dir; }
  /// Those that listen; they are the caller's from then on.
  [[nodiscard]] std::vector<net::GroupSocket> sockets() { return std::exchange(sockets_, {}); }

  /// This process cannot do it.
  void refuse(std::string_view why);
  Result<void> opened();
  /// Returns when everything is taken and the other process stands still.
  Result<void> take_state(const HandoverParts& parts);
  /// Tells that this process serves, and takes what still comes on a thread of its own.
  Result<void> serving();
  /// The other process has ended, or is about to, and the data folder is this one's.
  [[nodiscard]] bool done() const { return done_.load(std::memory_order_acquire); }
  /// Ends that thread; the other process is told to end as well.
  void leave();

 private:
  TakeOver(net::Descriptor socket) : channel_(std::move(socket), handover::kFrameBytesMax) {}

  Result<net::ProcessChannel::Message> receive();
  Result<void> take_begin();
  Result<void> take_events(std::string_view bytes);
  Result<bool> take_piece(const net::ProcessChannel::Message& message);
  void take_end(const handover::End& end);
  void run();
  Result<bool> take_late(net::ProcessChannel::Message& message);
  /// The folder of the old process is this one's too, and it has not given it away yet.
  [[nodiscard]] bool waits_for_store() const;
  void inherit_store(int lock);
  void inherit_free_store();

  net::ProcessChannel channel_;
  handover::Begin begin_;
  std::vector<net::GroupSocket> sockets_;
  std::unique_ptr<HandoverParts> parts_;
  std::unique_ptr<RecordExchange> exchange_;
  uint64_t events_ = 0;  ///< number of the last event that was taken over
  std::atomic<bool> ending_{false};
  std::atomic<bool> done_{false};
  std::thread thread_;
};

}  // namespace discovery::node
