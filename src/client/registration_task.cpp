#include "client/registration_task.h"

#include <algorithm>
#include <utility>

#include "client/answers.h"
#include "client/core.h"
#include "client/forms.h"

namespace discovery::client {

RegistrationTask::RegistrationTask(Core& core, Instance instance, std::shared_ptr<Registration::State> state)
    : core_(core),
      state_(std::move(state)),
      instance_(std::move(instance)),
      link_(core.shared_loop()),
      timer_(core.shared_loop()),
      deadline_(core.shared_loop()) {}

void RegistrationTask::start() { send_register(); }

void RegistrationTask::update(Instance instance) {
  if (cancelling_) return;
  instance_ = std::move(instance);
  dirty_ = true;
  if (link_.busy()) return;  // its answer sees to it
  timer_.cancel();
  send_register();
}

void RegistrationTask::send_register() {
  asked_ = registering_ = true;
  dirty_ = false;
  ask("/discovery/register", register_form(instance_), &RegistrationTask::on_register);
}

void RegistrationTask::send_renew() { ask("/discovery/renew", key_form(instance_), &RegistrationTask::on_renew); }

void RegistrationTask::ask(const std::string& path, std::string form,
                           void (RegistrationTask::*then)(const LinkAnswer&, const Node&)) {
  const Node node = core_.nodes().current();
  link_.request(node, request(path, std::move(form)),
                [self = shared_from_this(), core = core_.shared_from_this(), node, then](const LinkAnswer& answer) {
                  ((*self).*then)(answer, node);
                });
}

LinkRequest RegistrationTask::request(const std::string& path, std::string form) const {
  LinkRequest request = core_.request(Method::kPost, path, std::move(form));
  if (cancelling_) {
    // So that a node that hangs leaves time for another one.
    request.timeout = std::min<Duration>(request.timeout, core_.options().cancel_timeout / 2);
  }
  return request;
}

void RegistrationTask::on_register(const LinkAnswer& answer, const Node& node) {
  int code = 0;
  const Error error = error_of(answer, code);
  registering_ = false;
  if (cancelling_) return send_cancel();
  if (error) return failed(error, node);
  core_.nodes().succeeded(node);
  failures_ = 0;
  known_ = true;
  note(RegistrationState::kRegistered, {});
  if (dirty_) return send_register();
  renew_later();
}

void RegistrationTask::on_renew(const LinkAnswer& answer, const Node& node) {
  int code = 0;
  const Error error = error_of(answer, code);
  if (code == kCodeNotFound) {
    core_.nodes().succeeded(node);
    known_ = false;
    note(RegistrationState::kPending, {});
    return send_register();
  }
  if (error) return failed(error, node);
  core_.nodes().succeeded(node);
  failures_ = 0;
  note(RegistrationState::kRegistered, {});
  if (dirty_) return send_register();
  renew_later();
}

void RegistrationTask::failed(const Error& error, const Node& node) {
  const Error named{error.code, node.text() + ": " + error.message};
  if (wants_other_node(error)) core_.nodes().failed(node);
  ++failures_;
  // What the registry refuses, it refuses the next time too: no hurry.
  const Duration wait =
      wants_other_node(error) ? core_.back_off(failures_) : core_.jitter(core_.options().back_off_max);
  later(wait, known_ && !dirty_ ? &RegistrationTask::send_renew : &RegistrationTask::send_register);
  note(RegistrationState::kFailing, named);
  core_.report(named);
}

void RegistrationTask::renew_later() {
  later(core_.jitter(core_.options().renew_interval), &RegistrationTask::send_renew);
}

void RegistrationTask::later(Duration after, void (RegistrationTask::*step)()) {
  timer_.start(after, [self = shared_from_this(), core = core_.shared_from_this(), step] { ((*self).*step)(); });
}

void RegistrationTask::cancel(CancelHandler done) {
  if (cancelling_) {
    if (done) core_.tell(core_.door(), [&] { done({Errc::kStopped, "cancelled already"}); });
    return;
  }
  cancelling_ = true;
  {
    const MutexLock lock(state_->mutex);
    state_->state = RegistrationState::kCancelled;
    state_->error = {};
  }
  done_ = std::move(done);
  timer_.cancel();
  if (!asked_) return end({});
  deadline_.start(core_.options().cancel_timeout, [self = shared_from_this(), core = core_.shared_from_this()] {
    self->end({Errc::kTimeout, "no node took the cancel in time"});
  });
  if (registering_) return;  // its answer sees to it
  link_.cancel();            // a renewal that comes too late harms nobody
  send_cancel();
}

void RegistrationTask::send_cancel() {
  ++cancels_;
  ask("/discovery/cancel", key_form(instance_), &RegistrationTask::on_cancel);
}

void RegistrationTask::on_cancel(const LinkAnswer& answer, const Node& node) {
  int code = 0;
  const Error error = error_of(answer, code);
  if (!error || code == kCodeNotFound) return end({});
  core_.nodes().failed(node);
  if (cancels_ < core_.nodes().size() && wants_other_node(error)) return send_cancel();
  end({error.code, node.text() + ": " + error.message});
}

void RegistrationTask::end(const Error& error) {
  if (std::exchange(ended_, true)) return;
  const auto self = shared_from_this();
  link_.cancel();
  timer_.cancel();
  deadline_.cancel();
  core_.remove(self);
  if (error) core_.report(error);
  const CancelHandler done = std::exchange(done_, nullptr);
  if (done) core_.tell(core_.door(), [&] { done(error); });
}

void RegistrationTask::note(RegistrationState state, const Error& error) {
  {
    const MutexLock lock(state_->mutex);
    if (state_->state == RegistrationState::kCancelled) return;
    const bool same = state_->state == state;
    state_->error = error;
    if (same) return;
    state_->state = state;
  }
  core_.tell(state_->door, [&] {
    if (state_->handler) state_->handler(state, error);
  });
}

}  // namespace discovery::client
