#include "grpc/stream.h"

#include "grpc/connection.h"

namespace discovery::grpc {

namespace {
/// An idle stream keeps no more than this of its buffer.
constexpr size_t kKeptBytes = 256;
/// What was sent is thrown away in steps, so that a byte is moved at most once on the average.
constexpr size_t kErasedBytesMin = 64 * 1024;
}  // namespace

Stream::Stream(Connection& connection, int32_t id, TimePoint born) : connection_(connection), born_(born), id_(id) {
  connection_.lane().counts->open_calls.add();
}

Stream::~Stream() {
  handler_.reset();  // it may still ask its Call for this or that
  drop_unsent();
  reader_.release(connection_.partial());
  connection_.lane().counts->open_calls.subtract();
}

bool Stream::send(std::string_view message) { return connection_.send(*this, message); }
void Stream::finish(const Status& status) { connection_.finish(*this, status); }
void Stream::tell_when_drained() { connection_.tell_when_drained(*this); }
const codec::ClientAddress& Stream::client() const { return connection_.client(); }

void Stream::took(size_t bytes) {
  sent_ += bytes;
  connection_.count_unsent(0, bytes);
  if (sent_ == outbox_.size()) {
    drop_unsent();
    if (wants_drained_) tell_when_drained();
    return;
  }
  connection_.lane().waits(*this, true);
  if (sent_ < kErasedBytesMin || sent_ < outbox_.size() / 2) return;
  outbox_.erase(0, sent_);
  sent_ = 0;
}

void Stream::drop_unsent() {
  connection_.count_unsent(0, unsent_bytes());
  outbox_.clear();
  if (outbox_.capacity() > kKeptBytes) outbox_.shrink_to_fit();
  sent_ = 0;
  ListNode<WaitsTag>::unlink();
}

}  // namespace discovery::grpc
