#include "node/handover_state.h"

#include <algorithm>

namespace discovery::node {

Result<void> tell(net::ProcessChannel& channel, handover::Kind kind, std::string_view bytes) {
  return channel.send(static_cast<uint8_t>(kind), bytes);
}

void tell_of_folder(const HandoverParts& parts, const Result<void>& held) {
  if (held) return;
  parts.logger.log(observe::LogLevel::kError, "disk_failing", {{"error", std::string_view(held.error().message)}});
}

Result<size_t> RecordExchange::tell_all() {
  size_t sent = 0;
  std::vector<std::string> messages;
  for (bool done = false; !done;) {
    messages.clear();
    done = ledger_.pass(messages);
    for (const std::string& message : messages) {
      if (auto told = tell(channel_, handover::Kind::kRecords, message); !told) return told.error();
      ++sent;
    }
  }
  return sent;
}

Result<void> RecordExchange::tell_sometimes() {
  const TimePoint begin = parts_.clock.now();
  if (begin < next_) return {};
  if (auto told = tell_all(); !told) return told.error();
  const TimePoint end = parts_.clock.now();
  next_ = end + std::max(kEvery, 10 * (end - begin));
  return {};
}

Result<void> RecordExchange::tell_times() {
  std::vector<std::string> messages;
  ledger_.times(messages);
  for (const std::string& message : messages) {
    if (auto told = tell(channel_, handover::Kind::kTimes, message); !told) return told;
  }
  return {};
}

Result<void> RecordExchange::take(std::string_view records) {
  const TimePoint now = parts_.clock.now();
  return ledger_.take(records, now, [&](const registry::Wake& wake) { parts_.wakes.changed_elsewhere(wake, now); });
}

}  // namespace discovery::node
