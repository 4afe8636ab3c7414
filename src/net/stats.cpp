#include "net/stats.h"

namespace discovery::net {

void ServerStats::add(const ServerStats& other) {
  accepted += other.accepted;
  rejected += other.rejected;
  open += other.open;
  parked += other.parked;
  slow_writers += other.slow_writers;
  requests += other.requests;
  bytes_in += other.bytes_in;
  bytes_out += other.bytes_out;
  accept_failures += other.accept_failures;
  descriptors_short += other.descriptors_short;
  handshake_failures += other.handshake_failures;
  for (size_t i = 0; i < timeouts.size(); ++i) timeouts[i] += other.timeouts[i];
  for (size_t i = 0; i < read_errors.size(); ++i) read_errors[i] += other.read_errors[i];
}

void ReactorStats::count_read_error(int status) {
  for (size_t i = 0; i < kReadErrorStatuses.size(); ++i) {
    if (kReadErrorStatuses[i] == status) read_errors[i].add();
  }
}

ServerStats ReactorStats::snapshot() const {
  ServerStats s;
  s.accepted = accepted.get();
  s.rejected = rejected.get();
  s.open = open.get();
  s.parked = parked.get();
  s.slow_writers = slow_writers.get();
  s.requests = requests.get();
  s.bytes_in = bytes_in.get();
  s.bytes_out = bytes_out.get();
  s.accept_failures = accept_failures.get();
  s.descriptors_short = descriptors_short.get();
  s.handshake_failures = handshake_failures.get();
  for (size_t i = 0; i < timeouts.size(); ++i) s.timeouts[i] = timeouts[i].get();
  for (size_t i = 0; i < read_errors.size(); ++i) s.read_errors[i] = read_errors[i].get();
  return s;
}

}  // namespace discovery::net
