// One registration at work: registers, renews, registers again when the registry forgot it, cancels.
//
// Lifecycle: held by the Core until the cancel is over; by what waits for it. Source: docs/http-api.md (Writing).
// A register under way is waited for before the cancel goes out, on the same connection: overtaken, it would bring the
// instance back.
// Thread: the loop's sequence; Registration::State is what other threads see. Time: steady. Limits: one request at a
// time.
#pragma once

#include <memory>
#include <string>

#include "base/mutex.h"
#include "client/gate.h"
#include "client/link.h"
#include "client/loop.h"
#include "discovery/registration.h"

namespace discovery::client {

class Core;
class RegistrationTask;

/// What a Registration and its task share.
struct Registration::State {
  std::shared_ptr<Gate> gate;
  std::weak_ptr<Core> core;
  std::weak_ptr<RegistrationTask> task;
  Gate::Door door;
  RegistrationHandler handler;  ///< called through the door; taken away once that is closed and nobody inside
  bool cancelled = false;       ///< the owner's

  mutable Mutex mutex;
  RegistrationState state GUARDED_BY(mutex) = RegistrationState::kPending;
  Error error GUARDED_BY(mutex);
  Instance identity;  ///< as it was registered first; never changed
};

class RegistrationTask : public std::enable_shared_from_this<RegistrationTask> {
 public:
  RegistrationTask(Core& core, Instance instance, std::shared_ptr<Registration::State> state);

  void start();
  void update(Instance instance);
  /// `done` may be empty. A second call is answered kStopped at once.
  void cancel(CancelHandler done);

 private:
  void send_register();
  void send_renew();
  void send_cancel();
  void on_register(const LinkAnswer& answer, const Node& node);
  void on_renew(const LinkAnswer& answer, const Node& node);
  void on_cancel(const LinkAnswer& answer, const Node& node);
  void failed(const Error& error, const Node& node);
  void renew_later();
  void later(Duration after, void (RegistrationTask::*step)());
  [[nodiscard]] LinkRequest request(const std::string& path, std::string form) const;
  void ask(const std::string& path, std::string form, void (RegistrationTask::*then)(const LinkAnswer&, const Node&));
  void note(RegistrationState state, const Error& error);
  void end(const Error& error);

  Core& core_;
  const std::shared_ptr<Registration::State> state_;
  Instance instance_;
  Link link_;
  Timer timer_;
  Timer deadline_;  ///< of the cancel
  CancelHandler done_;
  size_t failures_ = 0;       ///< in a row
  size_t cancels_ = 0;        ///< nodes asked to
  bool registering_ = false;  ///< a register is under way
  bool asked_ = false;        ///< a register went out at least once
  bool dirty_ = false;        ///< the content changed since the last register went out
  bool known_ = false;        ///< the registry has it, as far as is known
  bool cancelling_ = false;
  bool ended_ = false;
};

}  // namespace discovery::client
