#include "grpc/doorstep.h"

#include <algorithm>
#include <utility>

#include "net/session.h"

namespace discovery::grpc {

Doorstep::Doorstep(Lane& lane, net::SessionContext& context, net::Transport& transport, codec::ClientAddress client)
    : lane_(lane), context_(context), transport_(transport), client_(std::move(client)) {}

void Doorstep::start() {
  context_.deadlines.schedule(*this, lane_.clock.now() + lane_.limits.preface);
  transport_.wait_readable();
}

void Doorstep::on_readable() { inside_ ? inside_->on_readable() : read(); }

void Doorstep::on_writable() {
  if (inside_) inside_->on_writable();
}

void Doorstep::on_soon() {
  if (inside_) inside_->on_soon();
}

void Doorstep::read() {
  if (closed_) return;
  char* const buffer = context_.read_buffer.get();
  const net::IoResult result = transport_.read({buffer + kept_bytes_, kReadBytesPerTurn - kept_bytes_});
  switch (result.kind) {
    case net::IoResult::Kind::kWouldBlock:
      return transport_.wait_readable();
    case net::IoResult::Kind::kEnd:
    case net::IoResult::Kind::kFailed:
      return close();
    case net::IoResult::Kind::kDone:
      std::copy_n(kept_.begin(), kept_bytes_, buffer);
      return decide({buffer, kept_bytes_ + result.bytes});
  }
}

void Doorstep::decide(std::span<char> bytes) {
  const size_t compared = std::min(bytes.size(), kPreface.size());
  const std::string_view first(bytes.data(), compared);
  const bool http2 = first == kPreface.substr(0, compared);
  if (http2 && compared < kPreface.size()) {
    context_.stats.bytes_in.add(compared - kept_bytes_);
    std::copy_n(first.begin(), compared, kept_.begin());
    kept_bytes_ = static_cast<uint8_t>(compared);
    return transport_.wait_readable();
  }
  unlink();
  if (http2) {
    context_.stats.bytes_in.add(bytes.size() - kept_bytes_);
    auto connection = std::make_unique<Connection>(lane_, context_, transport_, std::move(client_));
    Connection& inside = *connection;
    inside_ = std::move(connection);
    inside.start_with(bytes);
  } else {
    lane_.counts->http1_made.add();
    auto session = std::make_unique<net::Session>(context_, transport_, std::move(client_));
    net::Session& inside = *session;
    inside_ = std::move(session);
    if (draining_) inside.end_with_next_answer();
    inside.start_with(bytes);
  }
}

void Doorstep::drain() {
  if (inside_) return inside_->drain();
  if (closed_) return;
  draining_ = true;
  read();  // a request may be in the socket already
  if (inside_) return closed() ? void() : inside_->drain();
  close();
}

bool Doorstep::release() {
  if (inside_) return inside_->release();
  if (closed_ || kept_bytes_ > 0) return false;
  unlink();
  closed_ = true;
  return true;
}

void Doorstep::end_with_next_answer() {
  if (inside_) inside_->end_with_next_answer();
}

void Doorstep::close() {
  if (std::exchange(closed_, true)) return;
  unlink();
  transport_.close();
}

void Doorstep::on_deadline(TimePoint /*now*/) {
  lane_.counts->count(Rule::kPreface);
  context_.stats.count_timeout(net::TimeoutKind::kHead);
  close();
}

}  // namespace discovery::grpc
