// What all connections of a gRPC server on one reactor share: the service, limits, counts, buffers, and the calls that
// are waited for.
//
// Lifecycle: outlives its connections. Thread: its reactor's, but for the counts. Time: of `clock`, as needed.
// Limits: a call whose client takes nothing for Limits::stalled, or whose message does not come whole within
// Limits::message, is ended by a timer of the lane, there is none per call.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/timer_wheel.h"
#include "grpc/limits.h"
#include "grpc/request_head.h"
#include "grpc/service.h"
#include "grpc/stats.h"
#include "grpc/stream.h"

namespace discovery::grpc {

class Lane final : private TimerEntry {
 public:
  Lane(const Limits& the_limits, std::unique_ptr<Service> the_service, Deadlines& deadlines, const Clock& the_clock);
  ~Lane() override;
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  Limits limits;
  const std::unique_ptr<Service> service;
  const std::shared_ptr<ReactorCounts> counts;  ///< shared with whoever reads them, also later
  const Clock& clock;
  std::string out;  ///< frames of the connection that is at work, on their way to its transport

  /// Its index in Service::methods(); no_method() when there is none.
  [[nodiscard]] size_t method_of(std::string_view path) const;
  [[nodiscard]] size_t no_method() const { return methods_.size(); }

  [[nodiscard]] std::unique_ptr<RequestHead> lend_head();
  void take_back(std::unique_ptr<RequestHead> head);

  /// Messages wait for the client, which took some now or did not.
  void waits(Stream& stream, bool progress);
  /// A message of the client has begun.
  void reads(Stream& stream);
  /// The call that has made no progress for longest; null: none waits.
  [[nodiscard]] Stream* stalest() { return waiting_.empty() ? nullptr : &waiting_.front(); }

 private:
  void on_deadline(TimePoint now) override;
  void arm();

  Deadlines& deadlines_;
  std::vector<std::pair<std::string_view, size_t>> methods_;  ///< sorted by path
  std::unique_ptr<RequestHead> spare_head_;
  IntrusiveList<Stream, WaitsTag> waiting_;
  IntrusiveList<Stream, PartialTag> reading_;
};

}  // namespace discovery::grpc
