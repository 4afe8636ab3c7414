#include "discovery/client.h"

#include <stdexcept>
#include <utility>

#include "client/checks.h"
#include "client/core.h"
#include "client/poller.h"
#include "client/registration_task.h"
#include "client/resolve_task.h"

namespace discovery::client {

namespace {

/// Beyond the cancels, for what is on the way.
constexpr Duration kFarewell = std::chrono::seconds(1);

std::vector<Node> parse_nodes(const std::vector<std::string>& texts) {
  std::vector<Node> nodes;
  for (const std::string& text : texts) {
    if (auto node = parse_node(text)) nodes.push_back(std::move(*node));
  }
  return nodes;
}

Options complete(Options options) {
  if (const Error error = check(options)) throw std::invalid_argument("discovery::client::Options: " + error.message);
  if (options.hostname.empty()) options.hostname = host_name();
  return options;
}

void fill(std::string& field, const std::string& with) {
  if (field.empty()) field = with;
}

/// Filled in before the loop has work.
using LateCore = std::shared_ptr<std::weak_ptr<Core>>;

std::shared_ptr<Loop> own_loop(const LateCore& late) {
  return Loop::with_thread([late](const std::string& what) {
    if (const auto core = late->lock()) core->report({Errc::kCallback, "an exception on the client's thread: " + what});
  });
}

}  // namespace

class Client::Impl {
 public:
  Impl(std::shared_ptr<Loop> loop, Options options, const LateCore& late) : loop_(std::move(loop)) {
    const std::vector<Node> nodes = parse_nodes(options.nodes);
    core_ = std::make_shared<Core>(loop_, std::move(options), nodes);
    if (late) *late = core_;
    loop_->post([core = core_] { core->start(); });
  }
  ~Impl() {
    core_->gate()->close_all();
    const Duration patience = core_->options().cancel_timeout + kFarewell;
    loop_->post([core = std::move(core_)] { core->stop(); });
    loop_->finish(patience);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] const std::shared_ptr<Core>& core() const { return core_; }

 private:
  std::shared_ptr<Loop> loop_;
  std::shared_ptr<Core> core_;
};

Client::Client(Options options) {
  Options completed = complete(std::move(options));
  const auto late = std::make_shared<std::weak_ptr<Core>>();
  impl_ = std::make_unique<Impl>(own_loop(late), std::move(completed), late);
}

Client::Client(boost::asio::io_context& context, Options options)
    : impl_(std::make_unique<Impl>(Loop::on(context), complete(std::move(options)), nullptr)) {}

Client::~Client() = default;

Registration Client::register_instance(Instance instance, RegistrationHandler handler) {
  const std::shared_ptr<Core>& core = impl_->core();
  const Options& options = core->options();
  fill(instance.region, options.region);
  fill(instance.zone, options.zone);
  fill(instance.env, options.env);
  fill(instance.hostname, options.hostname);
  auto state = std::make_shared<Registration::State>();
  state->gate = core->gate();
  state->core = core;
  state->identity = instance;
  state->handler = std::move(handler);
  Error error = check(instance);
  if (!error && ++core->registrations > kRegistrationsMax) {
    --core->registrations;
    error = {Errc::kLimit, "more registrations than a client takes"};
  }
  if (error) {
    const MutexLock lock(state->mutex);
    state->state = RegistrationState::kRejected;
    state->error = std::move(error);
    state->cancelled = true;
    return Registration(state);
  }
  const auto task = std::make_shared<RegistrationTask>(*core, std::move(instance), state);
  state->task = task;
  core->loop().post([core, task] {
    if (core->stopping()) return;
    core->add(task);
    task->start();
  });
  return Registration(state);
}

Watch Client::watch(std::string appid, WatchHandler handler) {
  const std::shared_ptr<Core>& core = impl_->core();
  auto state = std::make_shared<Watch::State>();
  state->appid = std::move(appid);
  state->gate = core->gate();
  state->core = core;
  state->shelf = core->shelf();
  state->error = check_appid(state->appid);
  if (!state->error) state->error = core->shelf()->add(state->appid);
  state->stopped = static_cast<bool>(state->error);
  if (state->stopped) return Watch(state);
  state->handler = std::move(handler);
  core->loop().post([core, state] { core->poller().add(state); });
  return Watch(state);
}

std::shared_ptr<const InstanceList> Client::resolve(const std::string& appid) const {
  return impl_->core()->shelf()->get(appid);
}

std::shared_ptr<const InstanceList> Client::resolve(const std::string& appid, milliseconds patience) const {
  return impl_->core()->shelf()->wait(appid, patience);
}

void Client::async_resolve(std::string appid, ResolveHandler handler) {
  resolve_on(impl_->core(), std::move(appid), std::move(handler));
}

std::vector<std::string> Client::nodes() const { return impl_->core()->shelf()->nodes(); }

bool Client::reachable() const { return impl_->core()->shelf()->reachable; }

}  // namespace discovery::client
