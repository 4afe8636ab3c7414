// A node as clients, the network and the judge see it: one of ours (our_node.h) or one that follows the rules of the
// original (original_node.h).
//
// Lifecycle: made once; boot() and stop() as often as faults want, each boot a new process with new memory. Time: true
// time; a node turns it into what its own clock reads. Client requests are carried out at once: what delay and loss
// between client and node do is the clients' business (clients.h). Thread: one.
#pragma once

#include <cstdint>

#include "base/function_ref.h"
#include "cluster/transport.h"
#include "registry/instance.h"
#include "registry/version.h"
#include "simulation/content.h"
#include "simulation/sim_time.h"

namespace discovery::simulation {

enum class Reply : uint8_t {
  kOk,
  kNotFound,     ///< -404
  kUnavailable,  ///< refused, no answer, or -500: the client goes on to another node
};

/// What a write left at the node that took it.
struct Written {
  registry::Version version;
  Content content;
};

/// A record as a node holds it.
struct Held {
  uint32_t instance = 0;
  registry::RecordState state = registry::RecordState::kVisible;
  Content content;
  registry::Version version;  ///< of an original: its dirty_timestamp as incarnation
  Ns lease = 0;               ///< true time of the last renewal known there, as near as its clock allows
  bool lease_known = true;
  bool text_right = true;  ///< addresses and names are those that belong to the content
  int64_t app_latest_ns = 0;
};

class Node {
 public:
  virtual ~Node() = default;
  [[nodiscard]] virtual bool original() const = 0;

  virtual void boot(Ns now) = 0;
  /// The process ends; what it did not keep is gone.
  virtual void stop(Ns now) = 0;
  /// Leaves in order: stop() follows when left() or after a while.
  virtual void leave(Ns now) = 0;
  [[nodiscard]] virtual bool left() const = 0;
  virtual void step_wall(Ns by) = 0;

  /// Does what is due; returns when it wants to be called again.
  virtual Ns run(Ns now) = 0;
  virtual cluster::CallResult serve(uint32_t caller, const cluster::Call& call, Ns now) = 0;
  virtual void answered(uint64_t call_id, cluster::CallResult result, Ns now) = 0;

  virtual Reply register_instance(uint32_t instance, const Content& content, Ns now, Written& written) = 0;
  virtual Reply renew(uint32_t instance, Ns now) = 0;
  /// Also where it answers kNotFound it may remember the cancel: `written` tells under which version.
  virtual Reply cancel(uint32_t instance, Ns now, Written& written) = 0;
  virtual Reply set(uint32_t instance, uint32_t set_number, uint32_t status, Ns now, Written& written) = 0;

  /// It answers reads.
  [[nodiscard]] virtual bool ready() const = 0;
  /// Of the dead that it lists, how many it knows to be overdue but may not hide yet.
  [[nodiscard]] virtual int64_t held_dead() const = 0;
  virtual void read(FunctionRef<void(const Held&)> f) const = 0;
  /// Whether it explains that instance as listed; none: it explains nothing.
  [[nodiscard]] virtual std::optional<bool> explains_as_listed(uint32_t instance) const = 0;
};

/// How a node tells what it does by itself.
class NodeWatcher {
 public:
  /// It has taken a record out of its lists because it heard of no renewal.
  virtual void hidden(uint32_t node, const Held& record, bool past_ceiling, Ns now) = 0;
  /// An original has applied a cancel of that registration. (Ours leave a tombstone, which can be read.)
  virtual void cancelled(uint32_t node, uint32_t instance, uint32_t generation, Ns now) = 0;
  /// A fact for the log.
  virtual void told(uint32_t node, const char* event, const char* peer, const char* detail, Ns now) = 0;

 protected:
  ~NodeWatcher() = default;
};

}  // namespace discovery::simulation
