#include "grpc/lane.h"

#include <algorithm>

#include "grpc/connection.h"

namespace discovery::grpc {

Lane::Lane(const Limits& the_limits, std::unique_ptr<Service> the_service, Deadlines& deadlines, const Clock& the_clock)
    : limits(the_limits),
      service(std::move(the_service)),
      counts(std::make_shared<ReactorCounts>(service->methods().size())),
      clock(the_clock),
      deadlines_(deadlines) {
  const std::span<const Method> methods = service->methods();
  for (size_t i = 0; i < methods.size(); ++i) methods_.emplace_back(methods[i].path, i);
  std::sort(methods_.begin(), methods_.end());
}

Lane::~Lane() = default;

size_t Lane::method_of(std::string_view path) const {
  const auto at = std::lower_bound(methods_.begin(), methods_.end(), std::pair<std::string_view, size_t>(path, 0));
  return at != methods_.end() && at->first == path ? at->second : no_method();
}

std::unique_ptr<RequestHead> Lane::lend_head() {
  return spare_head_ ? std::move(spare_head_) : std::make_unique<RequestHead>();
}

void Lane::take_back(std::unique_ptr<RequestHead> head) {
  head->clear();
  spare_head_ = std::move(head);
}

void Lane::waits(Stream& stream, bool progress) {
  ListNode<WaitsTag>& node = stream;
  if (node.linked() && !progress) return;
  node.unlink();
  stream.waits_since(clock.now());
  waiting_.push_back(stream);
  arm();
}

void Lane::reads(Stream& stream) {
  stream.reads_since(clock.now());
  reading_.push_back(stream);
  arm();
}

/// The timer stands where it stood when it is early enough: it is put further on when it fires.
void Lane::arm() {
  TimePoint due = TimePoint::max();
  if (!waiting_.empty()) due = std::min(due, waiting_.front().waits_since() + limits.stalled);
  if (!reading_.empty()) due = std::min(due, reading_.front().reads_since() + limits.message);
  if (due == TimePoint::max() || (linked() && deadline() <= due)) return;
  deadlines_.schedule(*this, due);
}

void Lane::on_deadline(TimePoint now) {
  while (!waiting_.empty() && waiting_.front().waits_since() + limits.stalled <= now) {
    Stream& stream = waiting_.front();
    stream.connection().end_call(stream, service->slow_reader(), Rule::kStalled);
  }
  while (!reading_.empty() && reading_.front().reads_since() + limits.message <= now) {
    Stream& stream = reading_.front();
    // Of a call that stays open the client is to come again: a watch of etcd ends for good with anything else.
    const Status status =
        stream.unary() ? Status{Code::kDeadlineExceeded, "the message came too slowly"} : service->overloaded();
    stream.connection().end_call(stream, status, Rule::kSlowMessage);
  }
  arm();
}

}  // namespace discovery::grpc
