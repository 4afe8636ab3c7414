// How the cluster reaches other nodes: calls with one answer each. A socket in the daemon, a queue in the simulator.
//
// A channel is one connection; a call waits for the one before it on its channel, and the cluster has at most one of
// its own under way per channel. A connection begins with a hello: any other call needs a connection that had one, else
// it fails at once with kBroken (replication.md 2.5: "asked again on each new connection"). Thread: that of the
// Cluster. on_result() is never called from within call().
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"

namespace discovery::cluster {

enum class Channel : uint8_t {
  kDelta,  ///< hello, push; of an original: posts
  kBulk,   ///< hello, digest, leaves, sync; of an original: fetch/all
};

enum class CallKind : uint8_t {
  kHello,
  kPush,
  kDigest,
  kLeaves,
  kSync,
  kPost,      ///< to an original: `path` and a form
  kFetchAll,  ///< from an original
};

struct Call {
  uint64_t id = 0;
  std::string address;  ///< host:port
  Channel channel = Channel::kDelta;
  CallKind kind = CallKind::kHello;
  std::string path;  ///< of kPost
  std::string body;
  Duration timeout{};
};

struct CallResult {
  enum class Kind : uint8_t {
    kAnswer,    ///< `body` is the answer: of our protocol's message, or an original's whole HTTP body
    kOriginal,  ///< of a hello: something answers there that is not ours
    kRefused,   ///< the connection was refused: nobody listens there
    kFailed,    ///< unreachable, broken, or garbage
    kTimeout,
    kDenied,  ///< of a hello: one of ours, whose configuration does not name this node
  };
  Kind kind = Kind::kFailed;
  std::string body;
};

class Transport {
 public:
  virtual void call(Call call) = 0;
  /// Closes both connections to that address; calls under way may still fail afterwards.
  virtual void forget(const std::string& address) = 0;

 protected:
  ~Transport() = default;
};

}  // namespace discovery::cluster
