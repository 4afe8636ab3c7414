// A service's own entry in the registry, kept there for as long as this object lives.
//
//     kPending --registered--> kRegistered <--answered again-- kFailing
//        ^                        |   |                            ^
//        +---renew answered -404--+   +--no node takes the renewal-+
//     any --cancel(), destroyed, client destroyed--> kCancelled        kRejected: never sent, see error()
//
// Lifecycle: made by Client::register_instance(). Destroying it cancels the instance: the request goes out in the
// background, and a Client with a thread of its own waits for it when it is destroyed (Options::cancel_timeout at
// most). On a caller's io_context it goes out while that is run. Thread: one thread at a time for an object; different
// objects from different threads. Once the destructor or cancel() has returned, the state handler is not called again:
// both wait for a call of it that is under way on another thread, so do not hold what that call waits for. Within the
// handler itself both are allowed. Time: renewals every Options::renew_interval; after a failure another node, then
// back-off. While no node answers it goes on trying for ever. Limits: kRegistrationsMax per client. Errors: none is
// thrown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "discovery/error.h"
#include "discovery/instance.h"

namespace discovery::client {

inline constexpr size_t kRegistrationsMax = 1'000;

enum class RegistrationState : uint8_t { kRejected, kPending, kRegistered, kFailing, kCancelled };

/// At each change of state, with the cause of kFailing.
using RegistrationHandler = std::function<void(RegistrationState, const Error&)>;
/// The registry took the cancel (or did not know the instance), or the time was over.
using CancelHandler = std::function<void(const Error&)>;

class Registration {
 public:
  /// Of nothing: kRejected.
  Registration();
  ~Registration();
  Registration(Registration&& other) noexcept;
  Registration& operator=(Registration&& other) noexcept;

  [[nodiscard]] RegistrationState state() const;
  /// Why it is kRejected or kFailing; none otherwise.
  [[nodiscard]] Error error() const;

  /// Registers it anew with this content at once; region, zone, env, appid and hostname stay what they are.
  [[nodiscard]] Error update(Instance content);

  /// As destroying does; `done` is called once unless the client is destroyed before.
  void cancel(CancelHandler done = {});

  struct State;

 private:
  friend class Client;
  explicit Registration(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace discovery::client
