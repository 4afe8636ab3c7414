// What all sessions of one handler on one reactor share: the handler, the limits, and the buffers that make a request
// cost no allocation.
//
// Thread: one reactor's, but for what is said to be shared. Outlives its sessions.
#pragma once

#include <memory>
#include <string>

#include "base/time.h"
#include "base/timer_wheel.h"
#include "codec/http.h"
#include "codec/http_reader.h"
#include "net/answer_head.h"
#include "net/deflater.h"
#include "net/stats.h"
#include "net/unsent_answers.h"

namespace discovery::net {

/// security.md 1, "unbounded connections/requests" and "slow consumer".
struct SessionLimits {
  Duration head = std::chrono::seconds(5);        ///< from the first byte of a head to its last (408)
  Duration body = std::chrono::seconds(15);       ///< from the end of the head to the end of the body (408)
  size_t body_bytes_per_second_min = 500;         ///< averaged over the body ...
  Duration rate_grace = std::chrono::seconds(5);  ///< ... but not looked at before (a lost packet costs a second)
  Duration idle = std::chrono::seconds(75);  ///< between requests; closed silently. A parked request has no deadline
  Duration write_stall = std::chrono::seconds(10);  ///< a write without progress
  Duration linger = std::chrono::seconds(1);        ///< after the last answer, for the client to read it
  size_t linger_bytes_max = 16 * 1024 * 1024;       ///< thrown away meanwhile, for a client that sends before it reads
  size_t pipelined_bytes_max = 64 * 1024;           ///< kept while a request is parked
  bool gzip = true;                                 ///< answers with shared text are compressed for who accepts it
  /// A turn of a reactor begins with this pause while requests come thickly (gathering.h). 0: never.
  Duration gather = std::chrono::microseconds(150);
  /// Memory of answers that wait for their clients, over all connections (unsent_answers.h).
  size_t unsent_bytes_max = size_t{256} * 1024 * 1024;
  int requests_per_turn = 64;  ///< pipelined, before other connections get their turn
};

struct SessionContext {
  static constexpr size_t kReadBytes = 64 * 1024;

  SessionContext(codec::HttpHandler& the_handler, Deadlines& the_deadlines, const Clock& the_clock,
                 ReactorStats& the_stats, const SessionLimits& session_limits, const codec::HttpLimits& http_limits,
                 codec::PartialBytes& partial_bytes)
      : handler(the_handler),
        deadlines(the_deadlines),
        clock(the_clock),
        stats(the_stats),
        limits(session_limits),
        reader(http_limits, partial_bytes),
        read_buffer(new char[kReadBytes]) {}

  codec::HttpHandler& handler;
  Deadlines& deadlines;
  const Clock& clock;
  ReactorStats& stats;
  SessionLimits limits;  ///< may change between two events

  TimePoint now{};    ///< read once per event
  bool busy = false;  ///< within a handler, which must not enter a session

  // Scratch of the session that is at work; only one is at a time.
  codec::HttpReaderShared reader;
  codec::HttpReply reply;
  std::string head;
  DateField date;
  UnsentAnswers unsent;
  Deflater* deflater = nullptr;  ///< null: what is too large for a turn is not compressed
  const std::unique_ptr<char[]> read_buffer;
};

}  // namespace discovery::net
