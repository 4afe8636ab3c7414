// What a client may ask of a gRPC server (security.md 1, the row of gRPC and HTTP/2), and what bounds its memory.
//
// What is exceeded ends either the call, with a status, or the connection, with GOAWAY; each is counted (stats.h,
// Rule).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace discovery::grpc {

/// Settings of the operator or the front end; may change between two events, but for streams_max and header_bytes_max,
/// which hold for the connections to come.
struct Limits {
  // Per connection.
  uint32_t streams_max = 10'000;                ///< calls at a time, as told to the client
  size_t header_bytes_max = 32 * 1024;          ///< of a head: names, values and 32 bytes per field (RFC 9113 6.5.2)
  size_t unsent_bytes_max = 16 * 1024 * 1024;   ///< exceeded by what one message holds
  size_t partial_bytes_max = 8 * 1024 * 1024;   ///< of messages that have not come whole
  Duration preface = std::chrono::seconds(10);  ///< from the accept, with the TLS handshake
  Duration idle = std::chrono::minutes(5);      ///< without a call; then GOAWAY
  Duration write_stall = std::chrono::seconds(10);  ///< a write without progress; then closed
  Duration ping_after = std::chrono::seconds(60);   ///< of silence with calls open, the client is asked ...
  Duration ping_answer = std::chrono::seconds(20);  ///< ... and closed when it does not answer
  Duration linger = std::chrono::seconds(1);        ///< after GOAWAY, for the client to read it

  // Per call.
  size_t message_bytes_max = 4 * 1024 * 1024;   ///< Service::message_too_large() past it
  Duration message = std::chrono::seconds(30);  ///< from the first byte of a message to its last
  Duration stalled = std::chrono::seconds(60);  ///< messages wait, and the client takes none; then slow_reader()

  // Per reactor.
  size_t calls_max = 250'000;  ///< Service::overloaded() past it

  // Floods: a budget of `burst`, filled up by `per_second`; ENHANCE_YOUR_CALM when it is used up.
  uint32_t resets_burst = 500;  ///< streams that the client resets, or makes us reset (CVE-2023-44487, -2025-8671)
  uint32_t resets_per_second = 50;
  uint32_t control_burst = 10'000;  ///< PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty DATA; calls and messages earn it
  uint32_t control_per_second = 500;
};

/// A client may ping as often as every 5 s, and does for each round trip to measure the bandwidth (grpc-go): so a frame
/// that does something pays for some that do not.
inline constexpr uint32_t kControlEarned = 4;
/// PING and SETTINGS of the client whose answers it has not read.
inline constexpr size_t kAnswersQueuedMax = 200;
/// Frames that wait for the client, beyond which nothing more is read from it.
inline constexpr size_t kFramesQueuedPause = 1'000;
/// CONTINUATION frames of one head (CVE-2024-28182).
inline constexpr size_t kContinuationsMax = 8;
/// Settings in one SETTINGS frame.
inline constexpr size_t kSettingsMax = 32;
/// HPACK's dynamic table, each way.
inline constexpr uint32_t kHpackTableBytes = 4096;
/// A head that is unpacked to so many times Limits::header_bytes_max is an attack, not a mistake.
inline constexpr size_t kHeadBombFactor = 4;
/// Read from one connection before others get their turn.
inline constexpr size_t kReadBytesPerTurn = 16 * 1024;
/// Written to one connection before others get their turn.
inline constexpr size_t kWriteBytesPerTurn = 256 * 1024;
/// Thrown away while a connection lingers.
inline constexpr size_t kLingerBytesMax = 1024 * 1024;
/// How much the client may send before it hears from us: of one call (the protocol's default), of all.
inline constexpr int32_t kConnectionWindowBytes = 1024 * 1024;

}  // namespace discovery::grpc
