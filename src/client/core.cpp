#include "client/core.h"

#include <algorithm>
#include <random>
#include <utility>

#include "client/answers.h"
#include "client/poller.h"
#include "client/registration_task.h"

namespace discovery::client {

namespace {

uint64_t seed() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32) | device();
}

}  // namespace

Core::Core(std::shared_ptr<Loop> loop, Options options, std::vector<Node> nodes)
    : loop_(std::move(loop)),
      options_(std::move(options)),
      random_(seed()),
      nodes_(std::move(nodes), random_, options_.shuffle_nodes),
      poller_(std::make_unique<Poller>(*this)) {
  shelf_->set_nodes(nodes_.texts());
}

Core::~Core() = default;

void Core::start() { poller_->start(); }

void Core::stop() {
  stopping_ = true;
  poller_->stop();
  while (!askers_.empty()) {
    Asker* const asker = *askers_.begin();
    askers_.erase(askers_.begin());
    asker->stop();
  }
  const auto tasks = tasks_;
  for (const auto& task : tasks) task->cancel({});
}

void Core::add(const std::shared_ptr<RegistrationTask>& task) { tasks_.insert(task); }

void Core::remove(const std::shared_ptr<RegistrationTask>& task) {
  if (tasks_.erase(task) > 0) --registrations;
}

LinkRequest Core::request(Method method, std::string target, std::string body) const {
  LinkRequest request;
  request.method = method;
  request.target = std::move(target);
  request.body = std::move(body);
  request.token = options_.token;
  request.dial_timeout = options_.connect_timeout;
  request.timeout = options_.request_timeout;
  request.answer_bytes_max = options_.answer_bytes_max;
  return request;
}

Duration Core::back_off(size_t failures) {
  constexpr size_t kDoublingsMax = 20;
  Duration wait = options_.back_off_min;
  for (size_t i = 1; i < std::min(failures, kDoublingsMax) && wait < options_.back_off_max; ++i) wait *= 2;
  wait = std::min<Duration>(wait, options_.back_off_max);
  const auto half = static_cast<uint64_t>(wait.count()) / 2;
  return Duration(static_cast<int64_t>(half + random_.below(half + 1)));
}

Duration Core::jitter(Duration around) {
  const auto tenth = static_cast<uint64_t>(around.count()) / 10;
  return around - Duration(static_cast<int64_t>(tenth)) + Duration(static_cast<int64_t>(random_.below(2 * tenth + 1)));
}

void Core::report(const Error& error) {
  // What on_error throws has nobody to be told to.
  if (options_.on_error) static_cast<void>(guarded(door_, [&] { options_.on_error(error); }));
}

Error error_of(const LinkAnswer& answer, int& code) {
  code = kCodeUnavailable;
  if (answer.error) return answer.error;
  if (answer.status != 200) return {Errc::kUnavailable, "HTTP status " + std::to_string(answer.status)};
  Envelope envelope;
  if (Error error = read_envelope(answer.body, envelope)) return error;
  code = envelope.code;
  if (code == kCodeOk) return {};
  const std::string text = "code " + std::to_string(code) + " " + envelope.message.substr(0, 400);
  if (code == kCodeNotFound) return {Errc::kNotFound, text};
  return {code == kCodeBadRequest ? Errc::kRefused : Errc::kUnavailable, text};
}

bool wants_other_node(const Error& error) { return error.code != Errc::kRefused && error.code != Errc::kNotFound; }

}  // namespace discovery::client
