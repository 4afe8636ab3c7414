// Feeds bytes to an HttpReader the way a session does, from one shared buffer that is spoiled after every keep(), and
// copies out what comes.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "codec/http_reader.h"

namespace discovery::codec {

struct ReadRequest {
  Method method;
  std::string path;
  std::string query;
  std::string body;
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> fields;
  int version_minor;
  bool keep_alive;
  bool operator==(const ReadRequest&) const = default;
};

struct ReadOutcome {
  std::vector<ReadRequest> requests;
  int problem_status = 0;  ///< 0: the bytes ended without a fault
  std::string problem_reason;
  size_t unread = 0;
  bool operator==(const ReadOutcome&) const = default;
};

class ReaderHarness {
 public:
  explicit ReaderHarness(HttpLimits limits = {}, size_t partial_max = size_t{64} * 1024 * 1024)
      : partial_(partial_max), shared_(limits, partial_), reader_(shared_) {}

  /// One batch, as one read() would bring it. False once the reader has failed.
  bool give(std::string_view bytes) {
    if (outcome_.problem_status != 0) return false;
    buffer_.assign(bytes.begin(), bytes.end());
    if (!reader_.feed(buffer_)) return fail();
    for (;;) {
      HttpRequest request;
      const HttpReader::Step step = reader_.next(request);
      if (step == HttpReader::Step::kBad) return fail();
      if (step == HttpReader::Step::kNeedMore) break;
      outcome_.requests.push_back(copy(request));
    }
    if (!reader_.keep()) return fail();
    std::fill(buffer_.begin(), buffer_.end(), '!');
    outcome_.unread = reader_.unread();
    return true;
  }
  ReadOutcome outcome() const { return outcome_; }
  HttpReader& reader() { return reader_; }
  PartialBytes& partial() { return partial_; }
  HttpReaderShared& shared() { return shared_; }

 private:
  ReadRequest copy(const HttpRequest& request) const {
    ReadRequest out{request.method,
                    std::string(request.path),
                    std::string(request.query),
                    std::string(request.body),
                    std::string(request.content_type),
                    {},
                    request.version_minor,
                    reader_.keep_alive()};
    for (const HttpField& f : request.fields) out.fields.emplace_back(f.name, f.value);
    return out;
  }
  bool fail() {
    outcome_.problem_status = reader_.problem().status;
    outcome_.problem_reason = reader_.problem().reason;
    outcome_.unread = 0;
    return false;
  }

  PartialBytes partial_;
  HttpReaderShared shared_;
  HttpReader reader_;
  std::vector<char> buffer_;
  ReadOutcome outcome_;
};

inline ReadOutcome read_whole(std::string_view bytes, HttpLimits limits = {}) {
  ReaderHarness harness(limits);
  harness.give(bytes);
  return harness.outcome();
}

inline ReadOutcome read_in_pieces(std::string_view bytes, size_t piece, HttpLimits limits = {}) {
  ReaderHarness harness(limits);
  while (!bytes.empty() && harness.give(bytes.substr(0, piece))) bytes.remove_prefix(std::min(piece, bytes.size()));
  return harness.outcome();
}

inline ReadOutcome read_split_at(std::string_view bytes, size_t at, HttpLimits limits = {}) {
  ReaderHarness harness(limits);
  if (harness.give(bytes.substr(0, at))) harness.give(bytes.substr(at));
  return harness.outcome();
}

}  // namespace discovery::codec
