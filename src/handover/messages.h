// What the process of a node and the next one, which takes its place, say to each other (decision 0039).
//
//   old                                        new
//   Begin, Listeners... ------------------->   opens itself: configuration, listeners, certificates
//                       <-------------------   Opened, or Refused
//   Records..., Events... ----------------->   joins, while the old one serves
//   (stands still) Records, Events, Times, Nonces, End ->
//                       <-------------------   Taken
//   Go ------------------------------------>   serves
//                       <-------------------   Serving
//   Connections..., Lock, Records... <----->   Records...: both serve, until the old one has no connection left
//   Done ---------------------------------->
//
// Numbers are little-endian base 128, texts have their length in front (base/bytes.h); times are of the clock that both
// share (Begin). Pure functions. Errors: kInvalidArgument for what is malformed or past a limit; nothing is half read.
// Limits: kFrameBytesMax a message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "base/result.h"
#include "registry/record_codec.h"
#include "registry/registry.h"

namespace discovery::handover {

inline constexpr uint32_t kProtocol = 1;
inline constexpr size_t kFrameBytesMax = registry::kRecordBytesMax + size_t{64} * 1024;
inline constexpr size_t kBatchBytes = size_t{64} * 1024;  ///< a message of many ends when it has so many

enum class Kind : uint8_t {
  kBegin = 1,
  kListeners,  ///< a group's name, with the sockets
  kOpened,
  kRefused,  ///< why, for people
  kRecords,
  kEvents,  ///< texts: events of the history as they stand on disk
  kTimes,
  kEnd,
  kTaken,
  kGo,
  kServing,
  kConnections,  ///< a group's name, with the sockets
  kLock,         ///< with the descriptor that holds the lock of the data folder
  kDone,
  kNonces,  ///< of signed requests that were here, one behind the other (access/replay_guard.h)
};

struct Begin {
  uint32_t protocol = kProtocol;
  int64_t clock_wall_ns = 0;    ///< what the clock read ...
  int64_t clock_steady_ns = 0;  ///< ... when the steady clock read this
  bool names_contents = false;  ///< Registry::names_contents()
  std::string data_dir;         ///< of the old one, "": none
  uint64_t listeners = 0;       ///< messages with one that follow
};

struct Opened {
  uint64_t process_id = 0;
  std::string version;
  std::string commit;
};

struct End {
  registry::LeaseCounts counts;
  int64_t next_sweep_ns = 0;
  int64_t next_recount_ns = 0;
  int64_t last_version_ns = 0;
  uint64_t records = 0;  ///< sent in all, for the log
};

[[nodiscard]] std::string encode(const Begin& begin);
[[nodiscard]] std::string encode(const Opened& opened);
[[nodiscard]] std::string encode(const End& end);
[[nodiscard]] Result<Begin> decode_begin(std::string_view bytes);
[[nodiscard]] Result<Opened> decode_opened(std::string_view bytes);
[[nodiscard]] Result<End> decode_end(std::string_view bytes);

/// False, and nothing is appended, for a record past the limits of record_codec.h.
bool append_handed(std::string& out, const registry::StoredRecord& stored);
/// Calls f for every record; the views point into `bytes`.
Result<void> read_handed(std::string_view bytes, FunctionRef<void(const registry::HandedRecord&)> f);

void append_time(std::string& out, registry::AppKeyView app, int64_t latest_ns);
Result<void> read_times(std::string_view bytes, FunctionRef<void(registry::AppKeyView app, int64_t latest_ns)> f);

}  // namespace discovery::handover
