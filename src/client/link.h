// Requests to registry nodes, one at a time, over a connection that is kept while the node stays the same.
//
// Lifecycle: one Link per use (the poll, a registration, a fetch); destroying it or cancel() drops the request under
// way, whose `done` is then never called. `done` is never called within request(), and may make the next request.
// Thread: the loop's sequence. Time: one deadline for a request with its dial, one for the dial; resolving a name is
// abandoned, not stopped, at the deadline.
// Limits: kHeadBytesMax of an answer's head, answer_bytes_max of its body; no redirect is followed, no compression
// asked for. Errors: kUnreachable, kTimeout, kBroken, kMalformed, kTooLarge; whatever the status, an answer is none. A
// request lost on a connection that had stood idle, before a byte of the answer, is made once more on a new one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/loop.h"
#include "client/node_list.h"
#include "discovery/call.h"
#include "discovery/error.h"

namespace discovery::client {

inline constexpr size_t kHeadBytesMax = size_t{16} * 1024;

struct LinkRequest {
  Method method = Method::kGet;
  std::string target;
  std::string body{};
  std::string content_type = "application/x-www-form-urlencoded";
  std::string token{};
  milliseconds park{0};  ///< told to the node as the time to answer in; 0: not told
  Duration dial_timeout{};
  Duration timeout{};
  size_t answer_bytes_max = 0;
};

struct LinkAnswer {
  Error error{};
  bool sent = false;  ///< the node may have read the request
  int status = 0;
  std::string content_type{};
  std::string body{};
};

class Link {
 public:
  using Done = std::function<void(LinkAnswer)>;

  explicit Link(std::shared_ptr<Loop> loop);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Precondition: not busy().
  void request(const Node& node, LinkRequest request, Done done);
  [[nodiscard]] bool busy() const;
  /// Closes the connection too.
  void cancel();

 private:
  struct Kept;
  class Exchange;

  std::shared_ptr<Loop> loop_;
  std::shared_ptr<Kept> kept_;
  std::weak_ptr<Exchange> exchange_;
};

}  // namespace discovery::client
