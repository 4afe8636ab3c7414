#include "node/upgrade.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <future>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/bytes.h"
#include "history/event_codec.h"
#include "net/standstill.h"
#include "node/background.h"
#include "node/version.h"

namespace discovery::node {

using handover::Kind;
using observe::LogLevel;

namespace {

constexpr int kCatchUpRounds = 8;
constexpr int kLastMessages = 100;
constexpr Duration kLastAnswers = std::chrono::seconds(1);
constexpr Duration kLeaveStep = std::chrono::milliseconds(10);

int64_t milliseconds(Duration d) { return std::chrono::duration_cast<std::chrono::milliseconds>(d).count(); }

}  // namespace

/// What there is for as long as one attempt lasts.
struct Upgrade::Attempt {
  explicit Attempt(net::Descriptor socket, const HandoverParts& parts)
      : channel(std::move(socket), handover::kFrameBytesMax), exchange(channel, parts) {}

  net::ProcessChannel channel;
  RecordExchange exchange;
  std::unique_ptr<Successor> successor;
  handover::Opened opened;
  uint64_t events_told = 0;
  TimePoint began{};
  Duration stood_still{};
  std::mutex mutex;
  std::vector<net::GroupSocket> moved;  ///< under mutex
  size_t connections = 0;
  bool lock_given = false;
};

Upgrade::Upgrade(Settings settings, const HandoverParts& parts, Events events)
    : settings_(std::move(settings)), parts_(parts), events_(std::move(events)), thread_([this] { run(); }) {}

Result<void> Upgrade::want() {
  const std::lock_guard lock(mutex_);
  if (busy_ || ending_) return Error{ErrorCode::kConflict, "an upgrade is under way already, or the node ends"};
  if (getpid() == 1) {
    return Error{ErrorCode::kConflict, "this is the first process of a container, which ends with it: start another"};
  }
  if (!events_.alone()) {
    return Error{ErrorCode::kConflict, "the process before this one still answers its last connections: in a moment"};
  }
  busy_ = true;
  ++attempts_;
  result_.reset();
  wanted_.notify_one();
  return {};
}

Result<std::string> Upgrade::ask() {
  if (auto started = want(); !started) return started.error();
  std::unique_lock lock(mutex_);
  const uint64_t mine = attempts_;
  settled_.wait(lock, [&] { return result_.has_value() || attempts_ != mine; });
  if (!result_) return Error{ErrorCode::kUnavailable, "another upgrade has begun"};
  return *result_;
}

void Upgrade::begin() {
  if (const auto started = want(); !started) {
    parts_.logger.log(LogLevel::kWarn, "upgrade_refused", {{"error", std::string_view(started.error().message)}});
  }
}

void Upgrade::end() {
  ending_.store(true);
  {
    const std::lock_guard lock(mutex_);
    if (channel_) channel_->wake();
    wanted_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Upgrade::run() {
  pthread_setname_np(pthread_self(), "upgrade");
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wanted_.wait(lock, [this] { return ending_ || (busy_ && !result_); });
      if (ending_ && !busy_) return;
    }
    attempt();
    const std::lock_guard lock(mutex_);
    busy_ = leaving_;
    if (busy_ || ending_) return;
  }
}

void Upgrade::attempt() {
  auto pair = net::ProcessChannel::make_pair();
  Attempt attempt(pair ? std::move(pair->first) : net::Descriptor(), parts_);
  attempt.began = parts_.clock.now();
  {
    const std::lock_guard lock(mutex_);
    channel_ = &attempt.channel;
  }
  Result<void> done = pair ? start(attempt, std::move(pair->second)) : Result<void>(pair.error());
  if (done) std::thread([&] { done = prepare(attempt); }).join();
  if (done) done = switch_over(attempt);
  if (!done && attempt.successor && done.error().code == ErrorCode::kUnavailable) {
    done = Error{ErrorCode::kUnavailable, done.error().message + "; " + attempt.successor->ending()};
  }
  settle(attempt, done);
  if (done) leave_or_stay(attempt);
  const std::lock_guard lock(mutex_);
  channel_ = nullptr;
}

Result<void> Upgrade::start(Attempt& attempt, net::Descriptor channel) {
  if (auto checked = check_program(settings_.program); !checked) return checked;
  auto successor = Successor::start(settings_.program, std::move(channel));
  if (!successor) return successor.error();
  attempt.successor = std::move(*successor);
  return {};
}

void Upgrade::leave_or_stay(Attempt& attempt) {
  const auto left = leave(attempt);
  if (left || ending_ || other_has_ended(attempt)) {
    attempt.successor->let_go();
    return events_.gone();
  }
  parts_.logger.log(LogLevel::kError, "upgrade_undone", {{"error", std::string_view(left.error().message)}});
  stay(attempt);
  events_.settled(false);
}

void Upgrade::settle(const Attempt& attempt, const Result<void>& how) {
  Result<std::string> result = std::string();
  if (how) {
    const nlohmann::ordered_json told = {
        {"old", {{"pid", getpid()}, {"version", kVersion}, {"commit", kCommit}}},
        {"new",
         {{"pid", attempt.opened.process_id}, {"version", attempt.opened.version}, {"commit", attempt.opened.commit}}},
        {"records", attempt.exchange.ledger().told()},
        {"took_ms", milliseconds(parts_.clock.now() - attempt.began)},
        {"stood_still_ms", milliseconds(attempt.stood_still)}};
    result = told.dump();
    parts_.logger.log(LogLevel::kInfo, "upgraded", {{"result", std::string_view(*result)}});
  } else {
    result = how.error();
    parts_.logger.log(LogLevel::kError, "upgrade_failed", {{"error", std::string_view(how.error().message)}});
  }
  events_.settled(how.has_value());
  const std::lock_guard lock(mutex_);
  result_ = std::move(result);
  settled_.notify_all();
}

// ------------------------------------------------------------------------------------------------ while it serves

Result<void> Upgrade::receive(Attempt& attempt, Kind kind, Duration within, std::string& bytes) {
  const TimePoint until = parts_.clock.now() + within;
  while (!ending_ && parts_.clock.now() < until) {
    auto message = attempt.channel.receive(until - parts_.clock.now());
    if (!message) return message.error();
    if (!*message) continue;
    if ((*message)->kind == static_cast<uint8_t>(Kind::kRefused)) return invalid((*message)->bytes);
    if ((*message)->kind != static_cast<uint8_t>(kind)) return invalid("the new process says something unexpected");
    bytes = std::move((*message)->bytes);
    return {};
  }
  return Error{ErrorCode::kUnavailable,
               ending_ ? "the node ends"
                       : fmt::format("the new process was not ready within {} s", within / std::chrono::seconds(1))};
}

// On a thread of its own that gives way: it takes seconds where the registry is large.
Result<void> Upgrade::prepare(Attempt& attempt) {
  give_way();
  handover::Begin begin;
  begin.clock_wall_ns = to_wire_ns(settings_.clock.start);
  begin.clock_steady_ns = std::chrono::nanoseconds(settings_.clock.steady.time_since_epoch()).count();
  begin.names_contents = parts_.registry.names_contents();
  begin.data_dir = settings_.data_dir;
  const auto sockets = parts_.server.sockets();
  begin.listeners = sockets.size();
  if (auto told = tell(attempt.channel, Kind::kBegin, encode(begin)); !told) return told;
  for (const auto& [group, socket] : sockets) {
    const std::array one{socket};
    if (auto told = attempt.channel.send(static_cast<uint8_t>(Kind::kListeners), group, one); !told) return told;
  }
  std::string bytes;
  if (auto got = receive(attempt, Kind::kOpened, kOpenWithin, bytes); !got) return got;
  auto opened = handover::decode_opened(bytes);
  if (!opened) return opened.error();
  attempt.opened = std::move(*opened);
  size_t before = SIZE_MAX;
  for (int round = 0; round < kCatchUpRounds; ++round) {  // each has less to tell, until it is what comes anyway
    if (ending_) return Error{ErrorCode::kUnavailable, "the node ends"};
    const auto sent = attempt.exchange.tell_all();
    if (!sent) return sent.error();
    if (*sent <= 1 || *sent >= before) break;
    before = *sent;
  }
  return tell_events(attempt);
}

Result<void> Upgrade::tell_events(Attempt& attempt) {
  std::string texts;
  const auto flush = [&] {
    return texts.empty() ? Result<void>() : tell(attempt.channel, Kind::kEvents, std::exchange(texts, {}));
  };
  for (auto events = parts_.history.after(attempt.events_told); !events.empty();
       events = parts_.history.after(attempt.events_told)) {
    for (const history::Event& event : events) {
      std::string one;
      history::append_on_disk(one, event);
      if (one.size() + texts.size() > handover::kBatchBytes) {
        if (auto told = flush(); !told) return told;
      }
      if (one.size() < handover::kBatchBytes * 16) append_text(texts, one);
      attempt.events_told = event.number;
    }
  }
  return flush();
}

// ------------------------------------------------------------------------------------------------ while all stands
// still

// Between two sweeps.
Result<std::unique_lock<std::mutex>> Upgrade::quiet_house() {
  const TimePoint until = parts_.clock.now() + kSwitchWithin;
  while (parts_.clock.now() < until) {
    std::unique_lock house(house_);
    if (!parts_.sweep.under_way()) return house;
    house.unlock();
    std::this_thread::sleep_for(kLeaveStep);
  }
  return Error{ErrorCode::kUnavailable, "a sweep does not end"};
}

Result<void> Upgrade::switch_over(Attempt& attempt) {
  const auto house = quiet_house();
  if (!house) return house.error();
  std::vector<net::Reactor*> reactors{&parts_.cluster.reactor()};
  for (size_t i = 0; i < parts_.server.reactor_count(); ++i) reactors.push_back(&parts_.server.reactor(i));
  const TimePoint since = parts_.clock.now();
  net::Standstill still(reactors);
  if (!still.all()) return Error{ErrorCode::kUnavailable, "a reactor does not come to rest"};
  attempt.channel.set_patience(kSwitchWithin);
  if (auto told = tell_rest(attempt); !told) return told;
  std::string bytes;
  if (auto got = receive(attempt, Kind::kTaken, kSwitchWithin, bytes); !got) return got;
  events_.leaves();
  if (auto told = tell(attempt.channel, Kind::kGo); !told) return told;
  if (auto got = receive(attempt, Kind::kServing, kSwitchWithin, bytes); !got) return got;
  leaving_.store(true, std::memory_order_release);
  parts_.cluster.stand_aside(true);
  parts_.server.hand_over([&attempt](net::GroupSocket&& socket) {
    const std::lock_guard lock(attempt.mutex);
    attempt.moved.push_back(std::move(socket));
    if (attempt.moved.size() == 1) attempt.channel.wake();
  });
  attempt.stood_still = parts_.clock.now() - since;
  return {};
}

Result<void> Upgrade::tell_rest(Attempt& attempt) {
  if (auto told = attempt.exchange.tell_all(); !told) return told.error();
  if (auto told = tell_events(attempt); !told) return told;
  if (auto told = attempt.exchange.tell_times(); !told) return told;
  const std::string nonces = parts_.replays.kept();
  static_assert(handover::kBatchBytes % sizeof(access::Nonce) == 0);
  for (std::string_view left = nonces; !left.empty();
       left.remove_prefix(std::min(left.size(), handover::kBatchBytes))) {
    if (auto told = tell(attempt.channel, Kind::kNonces, left.substr(0, handover::kBatchBytes)); !told) return told;
  }
  const auto beat = parts_.sweep.beat();
  const handover::End end{parts_.registry.lease_counts(), to_wire_ns(beat.next_sweep), to_wire_ns(beat.next_recount),
                          parts_.registry.versions().last(), attempt.exchange.ledger().told()};
  return tell(attempt.channel, Kind::kEnd, encode(end));
}

// ------------------------------------------------------------------------------------------------ while the other
// serves

// The folder is waited for by a thread of its own: a slow disk must not hold up the connections that move.
Result<void> Upgrade::leave(Attempt& attempt) {
  std::future<int> rested;
  if (parts_.store) rested = std::async(std::launch::async, [this] { return parts_.store->rest(); });
  const auto until = parts_.clock.now() + kPatience;
  for (;;) {
    if (auto given = give_connections(attempt); !given) return given;
    if (rested.valid() && rested.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
      const std::array lock{rested.get()};
      if (auto told = attempt.channel.send(static_cast<uint8_t>(Kind::kLock), {}, lock); !told) return told;
      attempt.lock_given = true;
    }
    const auto other = take_what_came(attempt);
    if (!other) return other.error();
    if (auto told = attempt.exchange.tell_sometimes(); !told) return told;
    const bool out_of_time = ending_ || *other || parts_.clock.now() >= until;
    if (!rested.valid() && (parts_.server.stats().open == 0 || out_of_time)) break;
  }
  parts_.server.stop({Duration::zero(), kLastAnswers});
  if (auto told = attempt.exchange.tell_all(); !told) return told.error();
  if (auto given = give_connections(attempt); !given) return given;
  return tell(attempt.channel, Kind::kDone);
}

bool Upgrade::other_has_ended(Attempt& attempt) {
  for (int i = 0; i < kLastMessages; ++i) {
    const auto other = take_what_came(attempt);
    if (!other || *other) return other && *other;
  }
  return false;
}

Result<void> Upgrade::give_connections(Attempt& attempt) {
  std::vector<net::GroupSocket> moved;
  {
    const std::lock_guard lock(attempt.mutex);
    moved.swap(attempt.moved);
  }
  for (size_t i = 0; i < moved.size();) {
    std::vector<int> batch;
    const std::string& group = moved[i].group;
    for (; i < moved.size() && moved[i].group == group && batch.size() < net::ProcessChannel::kDescriptorsMax; ++i) {
      batch.push_back(moved[i].socket.get());
    }
    if (auto told = attempt.channel.send(static_cast<uint8_t>(Kind::kConnections), group, batch); !told) {
      const std::lock_guard lock(attempt.mutex);  // for stay()
      for (net::GroupSocket& one : moved) attempt.moved.push_back(std::move(one));
      return told;
    }
    attempt.connections += batch.size();
  }
  return {};
}

// True: the other one has ended, as it was told to.
Result<bool> Upgrade::take_what_came(Attempt& attempt) {
  for (Duration wait = kLeaveStep;; wait = Duration::zero()) {
    auto message = attempt.channel.receive(wait);
    if (!message) return message.error();
    if (!*message) return false;
    if ((*message)->kind == static_cast<uint8_t>(Kind::kDone)) return true;
    if ((*message)->kind != static_cast<uint8_t>(Kind::kRecords))
      return invalid("the new process says something unexpected");
    if (auto taken = attempt.exchange.take((*message)->bytes); !taken) return taken.error();
  }
}

// The new process is gone, and this one has what that had until a moment ago.
void Upgrade::stay(Attempt& attempt) {
  attempt.successor.reset();
  parts_.server.keep();
  std::vector<net::GroupSocket> back;
  {
    const std::lock_guard lock(attempt.mutex);
    back.swap(attempt.moved);
  }
  for (net::GroupSocket& one : back) static_cast<void>(parts_.server.adopt(std::move(one)));
  parts_.cluster.stand_aside(false);
  if (parts_.store) {
    tell_of_folder(parts_, parts_.store->inherit(parts_.store->lock(), parts_.history.last_number()));
  }
  leaving_.store(false, std::memory_order_release);
}

}  // namespace discovery::node
