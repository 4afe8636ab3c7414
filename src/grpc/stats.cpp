#include "grpc/stats.h"

namespace discovery::grpc {

std::string_view rule_name(Rule rule) {
  static constexpr std::array<std::string_view, kRules> kNames = {
      "content_type", "unknown_method", "encoding",      "timeout_field",  "header_bytes", "message_bytes",
      "cardinality",  "truncated",      "partial_bytes", "slow_message",   "unsent",       "stalled",
      "calls",        "drain",          "resets",        "control_frames", "flooded",      "head_bomb",
      "protocol",     "preface",        "idle",          "write_stall",    "ping"};
  return kNames[static_cast<size_t>(rule)];
}

void ServerStats::add(const ServerStats& other) {
  connections += other.connections;
  connections_made += other.connections_made;
  http1_made += other.http1_made;
  open_calls += other.open_calls;
  messages_in += other.messages_in;
  messages_out += other.messages_out;
  unsent_bytes += other.unsent_bytes;
  for (size_t i = 0; i < kRules; ++i) refused[i] += other.refused[i];
  if (calls.size() < other.calls.size()) calls.resize(other.calls.size());
  for (size_t m = 0; m < other.calls.size(); ++m) {
    for (size_t c = 0; c < kCodes; ++c) calls[m][c] += other.calls[m][c];
  }
}

ServerStats ReactorCounts::snapshot() const {
  ServerStats s;
  s.connections = connections.get();
  s.connections_made = connections_made.get();
  s.http1_made = http1_made.get();
  s.open_calls = open_calls.get();
  s.messages_in = messages_in.get();
  s.messages_out = messages_out.get();
  s.unsent_bytes = unsent_bytes.get();
  for (size_t i = 0; i < kRules; ++i) s.refused[i] = refused[i].get();
  s.calls.resize(calls.size());
  for (size_t m = 0; m < calls.size(); ++m) {
    for (size_t c = 0; c < kCodes; ++c) s.calls[m][c] = calls[m][c].get();
  }
  return s;
}

}  // namespace discovery::grpc
