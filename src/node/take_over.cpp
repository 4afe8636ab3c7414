#include "node/take_over.h"

#include <unistd.h>

#include <charconv>
#include <utility>

#include "base/bytes.h"
#include "history/event_codec.h"
#include "node/successor.h"
#include "node/version.h"

namespace discovery::node {

using handover::Kind;
using observe::LogLevel;

namespace {
constexpr Duration kStep = std::chrono::milliseconds(10);
constexpr Duration kLockFreeWithin = std::chrono::seconds(10);

Error unexpected() { return invalid("the old process says something unexpected"); }
}  // namespace

Result<std::unique_ptr<TakeOver>> TakeOver::open(const Environment& environment) {
  const auto found = environment.find(kHandoverVariable);
  if (found == environment.end()) return std::unique_ptr<TakeOver>();
  const std::string& text = found->second;
  int number = -1;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || number <= STDERR_FILENO) {
    return invalid(std::string(kHandoverVariable) + " is set by a process that hands over, to a descriptor");
  }
  std::unique_ptr<TakeOver> heir(new TakeOver(net::Descriptor(number)));
  if (auto begun = heir->take_begin(); !begun) {
    heir->refuse(begun.error().message);
    return begun.error();
  }
  return heir;
}

Result<net::ProcessChannel::Message> TakeOver::receive() {
  auto message = channel_.receive(kPatience);
  if (!message) return message.error();
  if (!*message) return Error{ErrorCode::kUnavailable, "the old process says nothing"};
  return std::move(**message);
}

Result<void> TakeOver::take_begin() {
  const auto first = receive();
  if (!first) return first.error();
  if (first->kind != static_cast<uint8_t>(Kind::kBegin)) return unexpected();
  auto begin = handover::decode_begin(first->bytes);
  if (!begin) return begin.error();
  begin_ = std::move(*begin);
  while (sockets_.size() < begin_.listeners) {
    auto message = receive();
    if (!message) return message.error();
    if (message->kind != static_cast<uint8_t>(Kind::kListeners) || message->descriptors.size() != 1)
      return unexpected();
    sockets_.push_back({message->bytes, std::move(message->descriptors.front())});
  }
  return {};
}

net::SteadyClock::Anchor TakeOver::clock() const {
  return {from_wire_ns(begin_.clock_wall_ns),
          std::chrono::steady_clock::time_point(std::chrono::nanoseconds(begin_.clock_steady_ns))};
}

void TakeOver::refuse(std::string_view why) { static_cast<void>(tell(channel_, Kind::kRefused, why)); }

Result<void> TakeOver::opened() {
  return tell(channel_, Kind::kOpened, encode(handover::Opened{static_cast<uint64_t>(getpid()), kVersion, kCommit}));
}

Result<void> TakeOver::take_state(const HandoverParts& parts) {
  parts_ = std::make_unique<HandoverParts>(parts);
  exchange_ = std::make_unique<RecordExchange>(channel_, *parts_);
  if (begin_.names_contents) static_cast<void>(parts_->registry.name_contents());
  for (;;) {
    auto message = receive();
    if (!message) return message.error();
    const auto done = take_piece(*message);
    if (!done) return done.error();
    if (*done) break;
  }
  events_ = parts_->history.last_number();
  if (auto told = tell(channel_, Kind::kTaken); !told) return told;
  const auto go = receive();
  if (!go) return go.error();
  if (go->kind != static_cast<uint8_t>(Kind::kGo)) return unexpected();
  return {};
}

// True: that was all.
Result<bool> TakeOver::take_piece(const net::ProcessChannel::Message& message) {
  Result<void> taken;
  switch (static_cast<Kind>(message.kind)) {
    case Kind::kRecords:
      taken = exchange_->take(message.bytes);
      break;
    case Kind::kEvents:
      taken = take_events(message.bytes);
      break;
    case Kind::kTimes:
      taken = handover::read_times(message.bytes, [this](registry::AppKeyView app, int64_t latest_ns) {
        parts_->registry.set_timestamp(app, latest_ns);
      });
      break;
    case Kind::kNonces:
      if (!parts_->replays.take(message.bytes, parts_->clock.now())) return unexpected();
      break;
    case Kind::kEnd: {
      const auto end = handover::decode_end(message.bytes);
      if (!end) return end.error();
      take_end(*end);
      return true;
    }
    default:
      return unexpected();
  }
  if (!taken) return taken.error();
  return false;
}

Result<void> TakeOver::take_events(std::string_view bytes) {
  for (ByteReader in(bytes); !in.at_end();) {
    const std::string_view text = in.text();
    if (!in.ok()) return unexpected();
    if (const auto event = history::read_from_disk(text)) parts_->history.restore(*event);
  }
  return {};
}

void TakeOver::take_end(const handover::End& end) {
  parts_->registry.set_lease_counts(end.counts);
  parts_->registry.versions().observe(end.last_version_ns);
  parts_->sweep.set_beat({from_wire_ns(end.next_sweep_ns), from_wire_ns(end.next_recount_ns)});
  parts_->logger.log(LogLevel::kInfo, "taken_over",
                     {{"count", exchange_->ledger().taken()}, {"events", parts_->history.events()}});
}

Result<void> TakeOver::serving() {
  if (auto told = tell(channel_, Kind::kServing); !told) return told;
  thread_ = std::thread([this] { run(); });
  return {};
}

void TakeOver::leave() {
  ending_.store(true);
  channel_.wake();
  if (thread_.joinable()) thread_.join();
}

// ------------------------------------------------------------------------------------------- while both serve

// The old process may close right behind its last messages: what cannot be told to it any more is no reason not to read
// them.
void TakeOver::run() {
  pthread_setname_np(pthread_self(), "take-over");
  bool told = true;
  for (bool done = false; !done && !ending_;) {
    auto message = channel_.receive(kStep);
    Result<bool> last = false;
    if (!message) {
      last = message.error();
    } else if (*message) {
      last = take_late(**message);
    }
    if (!last) {
      parts_->logger.log(LogLevel::kWarn, "old_process_gone", {{"error", std::string_view(last.error().message)}});
    }
    done = !last || *last;
    if (!done && told) told = exchange_->tell_sometimes().has_value();
  }
  if (ending_) static_cast<void>(tell(channel_, Kind::kDone));
  if (waits_for_store()) inherit_free_store();
  parts_->logger.log(LogLevel::kInfo, "old_process_done", {{"count", exchange_->ledger().taken()}});
  done_.store(true, std::memory_order_release);
}

// True: the old process has nothing left.
Result<bool> TakeOver::take_late(net::ProcessChannel::Message& message) {
  switch (static_cast<Kind>(message.kind)) {
    case Kind::kConnections:
      for (net::Descriptor& socket : message.descriptors) {
        static_cast<void>(parts_->server.adopt({message.bytes, std::move(socket)}));  // a group that is gone: closed
      }
      return false;
    case Kind::kRecords: {
      const auto taken = exchange_->take(message.bytes);
      if (!taken) return taken.error();
      parts_->cluster.nudge();
      return false;
    }
    case Kind::kLock:
      if (message.descriptors.size() != 1) return unexpected();
      if (waits_for_store()) inherit_store(message.descriptors.front().release());
      return false;
    case Kind::kDone:
      return true;
    default:
      return unexpected();
  }
}

bool TakeOver::waits_for_store() const { return parts_->store && parts_->store->lock() < 0; }

// The old process has ended without giving the lock away, or is about to end.
void TakeOver::inherit_free_store() {
  const TimePoint until = parts_->clock.now() + kLockFreeWithin;
  auto held = parts_->store->inherit(-1, events_);
  while (!held && held.error().code == ErrorCode::kConflict && parts_->clock.now() < until) {
    std::this_thread::sleep_for(kStep);
    held = parts_->store->inherit(-1, events_);
  }
  tell_of_folder(*parts_, held);
}

void TakeOver::inherit_store(int lock) { tell_of_folder(*parts_, parts_->store->inherit(lock, events_)); }

}  // namespace discovery::node
