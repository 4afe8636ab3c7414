// What the parts of one client share: its loop, its nodes, its callbacks, and the end of it all.
//
// Lifecycle: held by the Client and by whatever waits on the loop for one of its parts; stop() lets go of all of it, so
// that the last waiting handler frees it. Handles (watches, registrations) hold it weakly. Thread: the loop's sequence,
// but for what says otherwise. Limits: kResolvesMax, kRegistrationsMax, by the parts.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "client/gate.h"
#include "client/link.h"
#include "client/loop.h"
#include "client/node_list.h"
#include "client/shelf.h"
#include "discovery/client.h"

namespace discovery::client {

class Poller;
class RegistrationTask;

/// Something that asks and is to be stopped with the client; drops itself then.
class Asker {
 public:
  virtual void stop() = 0;

 protected:
  ~Asker() = default;
};

class Core : public std::enable_shared_from_this<Core> {
 public:
  /// Precondition: check(options) found nothing; hostname is not empty.
  Core(std::shared_ptr<Loop> loop, Options options, std::vector<Node> nodes);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // Any thread.
  [[nodiscard]] Loop& loop() { return *loop_; }
  [[nodiscard]] const std::shared_ptr<Loop>& shared_loop() const { return loop_; }
  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] const std::shared_ptr<Gate>& gate() const { return gate_; }
  [[nodiscard]] const std::shared_ptr<Shelf>& shelf() const { return shelf_; }
  std::atomic<size_t> resolves = 0;
  std::atomic<size_t> registrations = 0;

  // The loop.
  void start();
  /// Ends the polls; registrations are cancelled.
  void stop();
  [[nodiscard]] bool stopping() const { return stopping_; }
  [[nodiscard]] Poller& poller() { return *poller_; }
  [[nodiscard]] NodeList& nodes() { return nodes_; }
  void add(const std::shared_ptr<RegistrationTask>& task);
  void remove(const std::shared_ptr<RegistrationTask>& task);
  void add(Asker& asker) { askers_.insert(&asker); }
  void remove(Asker& asker) { askers_.erase(&asker); }

  /// A request as the options want it, at the node that is asked now.
  [[nodiscard]] LinkRequest request(Method method, std::string target, std::string body = "") const;
  /// How long to wait after so many failures in a row: half of it is chance.
  [[nodiscard]] Duration back_off(size_t failures);
  /// That, give or take a tenth.
  [[nodiscard]] Duration jitter(Duration around);

  /// Tells on_error.
  void report(const Error& error);
  /// Calls back through the owner's door; what is thrown is reported.
  template <class Call>
  void tell(const Gate::Door& door, Call&& call) {
    const std::string thrown = guarded(door, call);
    if (!thrown.empty()) report({Errc::kCallback, thrown});
  }
  [[nodiscard]] const Gate::Door& door() const { return door_; }

 private:
  template <class Call>
  std::string guarded(const Gate::Door& door, Call&& call) {
    if (!gate_->enter(door)) return {};
    std::string thrown;
    try {
      call();
    } catch (const std::exception& e) {
      thrown = std::string("a callback threw: ") + e.what();
    } catch (...) {
      thrown = "a callback threw something that is no std::exception";
    }
    gate_->leave();
    return thrown;
  }

  const std::shared_ptr<Loop> loop_;
  const Options options_;
  const std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  const std::shared_ptr<Shelf> shelf_ = std::make_shared<Shelf>();
  const Gate::Door door_{};  ///< of the client itself: closed by close_all() only
  SeededRandom random_;
  NodeList nodes_;
  std::unique_ptr<Poller> poller_;
  std::set<std::shared_ptr<RegistrationTask>> tasks_;
  std::set<Asker*> askers_;
  bool stopping_ = false;
};

/// Of an answer that has an envelope: none when its code is 0, else what it means to a client.
[[nodiscard]] Error error_of(const LinkAnswer& answer, int& code);
/// The failure is the node's, not the request's: another one may do better.
[[nodiscard]] bool wants_other_node(const Error& error);

}  // namespace discovery::client
