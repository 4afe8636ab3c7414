#include "net/pending_write.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace discovery::net {
namespace {

/// `bytes` without the first `skip`, which is lowered by what was left out.
std::string_view without_sent(std::string_view bytes, size_t& skip) {
  const size_t sent = std::min(skip, bytes.size());
  skip -= sent;
  return bytes.substr(sent);
}

constexpr size_t kChunkHeadBytes = 10;  ///< eight digits and CRLF

/// "0000a1b2\r\n" in place: leading zeros are allowed, so the head has a fixed length and the piece is not moved.
void write_chunk_head(char* to, size_t bytes) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, bytes, 16).ptr;
  const auto n = static_cast<size_t>(end - digits);
  std::fill(to, to + 8, '0');
  std::copy(digits, end, to + 8 - n);
  to[8] = '\r';
  to[9] = '\n';
}

}  // namespace

void PendingWrite::add(std::string_view bytes) {
  if (bytes.empty()) return;
  const size_t begin = own_.size();
  own_.append(bytes);
  if (!pieces_.empty() && !pieces_.back().shared && pieces_.back().end == begin) {
    pieces_.back().end = own_.size();
  } else {
    pieces_.push_back({nullptr, false, begin, own_.size()});
  }
}

void PendingWrite::add_answer(std::string_view head, codec::HttpReply& reply, size_t skip) {
  add(without_sent(head, skip));
  const std::string_view own = reply.own_bytes();
  for (const auto& part : reply.parts()) {
    add(without_sent(own.substr(part.own_begin, part.own_end - part.own_begin), skip));
    const size_t bytes = part.shared_view().size();
    const size_t sent = std::min(skip, bytes);
    skip -= sent;
    if (sent < bytes) pieces_.push_back({part.shared, part.deflated, sent, bytes});
  }
}

void PendingWrite::add_stream(std::unique_ptr<codec::BodySource> source, BodyFraming framing) {
  source_ = std::move(source);
  framing_ = framing;
}

std::string_view PendingWrite::view_of(const Piece& piece) const {
  const std::string_view all = piece.shared ? piece.shared->bytes(piece.deflated) : own_;
  return all.substr(piece.begin, piece.end - piece.begin);
}

PendingWrite::Progress PendingWrite::write_some(Transport& transport) {
  Progress progress;
  while (progress.bytes < kBytesPerTurn) {
    if (next_ == pieces_.size() && !refill()) {
      progress.status = Status::kSent;
      return progress;
    }
    std::array<std::string_view, Transport::kGatherMax> views;
    size_t n = 0;
    size_t bytes = 0;
    for (; n < views.size() && next_ + n < pieces_.size() && bytes < kBytesPerTurn; ++n) {
      views[n] = view_of(pieces_[next_ + n]).substr(0, kBytesPerTurn - bytes);
      bytes += views[n].size();
    }
    const IoResult result = transport.write({views.data(), n});
    if (result.kind == IoResult::Kind::kWouldBlock) break;
    if (result.kind != IoResult::Kind::kDone) return progress;
    progress.bytes += result.bytes;
    advance(result.bytes);
    if (result.bytes < bytes) break;
  }
  progress.status = Status::kBlocked;
  return progress;
}

void PendingWrite::advance(size_t bytes) {
  while (bytes > 0) {
    Piece& piece = pieces_[next_];
    const size_t n = std::min(bytes, piece.end - piece.begin);
    piece.begin += n;
    bytes -= n;
    if (piece.begin < piece.end) return;
    drop(piece);
    ++next_;
  }
}

void PendingWrite::count_in(std::atomic<size_t>& bytes, Session& session) {
  session_ = &session;
  counted_in_ = &bytes;
  counted_own_ = own_.capacity();
  bytes.fetch_add(counted_own_, std::memory_order_relaxed);
  for (const Piece& piece : pieces_) {
    if (piece.shared && piece.shared->begin_waiting()) bytes.fetch_add(piece.shared->size(), std::memory_order_relaxed);
  }
}

void PendingWrite::count_out() {
  if (!counted_in_) return;
  for (Piece& piece : pieces_) drop(piece);
  counted_in_->fetch_sub(counted_own_, std::memory_order_relaxed);
}

void PendingWrite::drop(Piece& piece) {
  if (counted_in_ && piece.shared && piece.shared->end_waiting())
    counted_in_->fetch_sub(piece.shared->size(), std::memory_order_relaxed);
  piece.shared.reset();
}

bool PendingWrite::refill() {
  pieces_.clear();
  next_ = 0;
  while (source_) {
    make_piece();
    if (own_.empty()) continue;
    pieces_.push_back({nullptr, false, 0, own_.size()});
    return true;
  }
  return false;
}

void PendingWrite::make_piece() {
  const bool chunked = framing_ == BodyFraming::kChunked;
  const size_t head = chunked ? kChunkHeadBytes : 0;
  own_.assign(head, '0');
  const bool more = source_->next(own_);
  const size_t made = own_.size() - head;
  if (made == 0) {
    own_.clear();
  } else if (chunked) {
    write_chunk_head(own_.data(), made);
    own_.append("\r\n");
  }
  if (more) return;
  source_.reset();
  if (chunked) own_.append("0\r\n\r\n");
}

}  // namespace discovery::net
