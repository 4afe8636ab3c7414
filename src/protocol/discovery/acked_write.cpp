#include "protocol/discovery/acked_write.h"

#include "protocol/discovery/api.h"

namespace discovery::protocol {

void AckWaits::acknowledged(uint64_t ticket) {
  while (!queue_.empty() && queue_.front().ticket() <= ticket) queue_.front().answer();
}

AckedWrite::AckedWrite(AckWaits& waits, codec::HttpExchange& exchange, ApiObserver& observer, What what)
    : waits_(waits), exchange_(exchange), observer_(observer), what_(std::move(what)) {
  ++waits_.waiting_;
  waits_.queue_.push_back(*this);
}

AckedWrite::~AckedWrite() { --waits_.waiting_; }

void AckedWrite::answer() {
  TimerWheel::cancel(*this);
  ListNode<>::unlink();
  exchange_.resume();
}

void AckedWrite::write_answer(codec::HttpReply& reply) {
  Envelope(reply, what_.callback).whole(Code::kOk);
  observer_.answered(what_.route, Code::kOk, what_.received_at);
}

void AckedWrite::write_drain_answer(codec::HttpReply& reply) {
  reply.close = true;
  write_answer(reply);
}

}  // namespace discovery::protocol
