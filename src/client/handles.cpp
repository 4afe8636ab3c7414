// What a caller holds: Watch and Registration, over what the client's sequence works on.
#include <utility>

#include "client/core.h"
#include "client/poller.h"
#include "client/registration_task.h"

namespace discovery::client {

Watch::Watch() = default;
Watch::Watch(std::shared_ptr<State> state) : state_(std::move(state)) {}
Watch::Watch(Watch&& other) noexcept = default;

Watch& Watch::operator=(Watch&& other) noexcept {
  if (this != &other) {
    stop();
    state_ = std::move(other.state_);
  }
  return *this;
}

Watch::~Watch() { stop(); }

Watch::operator bool() const { return state_ && !state_->error && !state_->stopped; }

Error Watch::error() const {
  if (!state_) return {Errc::kInvalid, "nothing is watched"};
  return state_->error;
}

std::shared_ptr<const InstanceList> Watch::list() const { return *this ? state_->shelf->get(state_->appid) : nullptr; }

void Watch::stop() {
  if (!state_ || std::exchange(state_->stopped, true)) return;
  if (state_->gate->close(state_->door)) state_->handler = nullptr;
  if (const auto core = state_->core.lock()) {
    core->loop().post([core, state = state_] { core->poller().remove(state); });
  }
}

Registration::Registration() = default;
Registration::Registration(std::shared_ptr<State> state) : state_(std::move(state)) {}
Registration::Registration(Registration&& other) noexcept = default;

Registration& Registration::operator=(Registration&& other) noexcept {
  if (this != &other) {
    cancel();
    state_ = std::move(other.state_);
  }
  return *this;
}

Registration::~Registration() { cancel(); }

RegistrationState Registration::state() const {
  if (!state_) return RegistrationState::kRejected;
  const MutexLock lock(state_->mutex);
  if (state_->state != RegistrationState::kRejected && state_->core.expired()) return RegistrationState::kCancelled;
  return state_->state;
}

Error Registration::error() const {
  if (!state_) return {Errc::kInvalid, "nothing is registered"};
  const MutexLock lock(state_->mutex);
  return state_->error;
}

Error Registration::update(Instance content) {
  if (!state_) return {Errc::kInvalid, "nothing is registered"};
  const Instance& identity = state_->identity;
  content.region = identity.region;
  content.zone = identity.zone;
  content.env = identity.env;
  content.hostname = identity.hostname;
  content.appid = identity.appid;
  if (Error error = check(content)) return error;
  const auto core = state_->core.lock();
  if (state_->cancelled || !core) return {Errc::kStopped, "cancelled already"};
  core->loop().post([core, weak = state_->task, content = std::move(content)] {
    if (const auto task = weak.lock()) task->update(content);
  });
  return {};
}

void Registration::cancel(CancelHandler done) {
  if (!state_ || std::exchange(state_->cancelled, true)) return;
  if (state_->gate->close(state_->door)) state_->handler = nullptr;
  {
    const MutexLock lock(state_->mutex);
    state_->state = RegistrationState::kCancelled;
    state_->error = {};
  }
  const auto core = state_->core.lock();
  if (!core) return;
  core->loop().post([core, weak = state_->task, done = std::move(done)]() mutable {
    if (const auto task = weak.lock()) task->cancel(std::move(done));
  });
}

}  // namespace discovery::client
