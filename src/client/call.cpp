#include "discovery/call.h"

#include <algorithm>
#include <future>
#include <stdexcept>

#include "client/answers.h"
#include "client/checks.h"
#include "client/core.h"
#include "client/link.h"

namespace discovery::client {

namespace {

/// Beyond the deadline, for the loop to say so.
constexpr Duration kFarewell = std::chrono::milliseconds(100);

bool is_token(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

Error check_request(const CallRequest& request) {
  constexpr size_t kContentTypeBytesMax = 1024;
  if (!request.target.starts_with('/') || !is_token(request.target)) {
    return invalid("target: must begin with '/' and hold neither blanks nor control characters (percent-encode them)");
  }
  const bool plain = std::all_of(request.content_type.begin(), request.content_type.end(),
                                 [](char c) { return c >= ' ' && c < 0x7f; });
  if (!plain || request.content_type.size() > kContentTypeBytesMax) return invalid("content_type: control characters");
  if (request.method == Method::kGet && !request.body.empty()) return invalid("body: a GET has none");
  return {};
}

/// An answer that another node may better.
Error failure_of(const LinkAnswer& answer) {
  constexpr size_t kRefusalBytesMax = 4096;  ///< a node that refuses says little
  if (answer.error) return answer.error;
  if (answer.status >= 500) return {Errc::kUnavailable, "HTTP status " + std::to_string(answer.status)};
  Envelope envelope;
  if (answer.body.size() <= kRefusalBytesMax && !read_envelope(answer.body, envelope) &&
      envelope.code == kCodeUnavailable) {
    return {Errc::kUnavailable, "code -500"};
  }
  return {};
}

/// One call, on a loop of its own: the thread that waits for it never touches what the loop works on.
class CallTask : public std::enable_shared_from_this<CallTask> {
 public:
  CallTask(std::shared_ptr<Loop> loop, const CallOptions& options, CallRequest request, std::vector<Node> nodes)
      : link_(std::move(loop)), options_(options), request_(std::move(request)), nodes_(std::move(nodes)) {}

  [[nodiscard]] std::future<CallAnswer> result() { return promise_.get_future(); }
  void start() {
    deadline_ = std::chrono::steady_clock::now() + options_.timeout;
    ask();
  }
  void any_answer_counts() { picky_ = false; }

 private:
  void ask() {
    const Duration left = deadline_ - std::chrono::steady_clock::now();
    LinkRequest request;
    request.method = request_.method;
    request.target = request_.target;
    request.body = request_.body;
    request.content_type = request_.content_type;
    request.token = options_.token;
    request.dial_timeout = std::min<Duration>(options_.connect_timeout, left);
    request.timeout = std::min<Duration>(options_.node_timeout, left);
    request.answer_bytes_max = options_.answer_bytes_max;
    link_.request(nodes_[asked_], std::move(request),
                  [self = shared_from_this()](LinkAnswer answer) { self->on_answer(std::move(answer)); });
  }

  void on_answer(LinkAnswer answer) {
    const std::string node = nodes_[asked_++].text();
    Error error = picky_ ? failure_of(answer) : answer.error;
    if (!answer.error) {
      answer_.node = node;
      answer_.status = answer.status;
      answer_.content_type = std::move(answer.content_type);
      answer_.body = std::move(answer.body);
    }
    if (!error) {
      answer_.error = {};
      return promise_.set_value(std::move(answer_));
    }
    answer_.failures.push_back({node, error});
    answer_.error = std::move(error);
    const bool may_repeat = request_.repeatable || !answer.sent;
    const bool time_left = std::chrono::steady_clock::now() < deadline_;
    if (asked_ < nodes_.size() && may_repeat && time_left) return ask();
    promise_.set_value(std::move(answer_));
  }

  Link link_;
  const CallOptions options_;
  const CallRequest request_;
  const std::vector<Node> nodes_;
  std::chrono::steady_clock::time_point deadline_;
  std::promise<CallAnswer> promise_;
  CallAnswer answer_;
  size_t asked_ = 0;
  bool picky_ = true;
};

CallAnswer failed(Error error) {
  CallAnswer answer;
  answer.error = std::move(error);
  return answer;
}

CallAnswer ask(const CallOptions& options, CallRequest request, std::vector<Node> nodes, bool any_answer_counts) {
  if (Error error = check_request(request)) return failed(std::move(error));
  const auto loop = Loop::with_thread([](const std::string&) {});
  auto task = std::make_shared<CallTask>(loop, options, std::move(request), std::move(nodes));
  if (any_answer_counts) task->any_answer_counts();
  std::future<CallAnswer> result = task->result();
  loop->post([task = std::move(task)] { task->start(); });
  CallAnswer answer;
  if (result.wait_for(options.timeout + kFarewell * 10) == std::future_status::ready) {
    answer = result.get();
  } else {
    answer = failed({Errc::kTimeout, "no answer in time"});
  }
  loop->finish(kFarewell);
  return answer;
}

}  // namespace

Caller::Caller(CallOptions options) : options_(std::move(options)) {
  if (const Error error = check(options_))
    throw std::invalid_argument("discovery::client::CallOptions: " + error.message);
}

CallAnswer Caller::call(CallRequest request) const {
  std::vector<Node> nodes;
  for (const std::string& text : options_.nodes) {
    if (auto node = parse_node(text)) nodes.push_back(std::move(*node));
  }
  return ask(options_, std::move(request), std::move(nodes), false);
}

CallAnswer Caller::call_at(const std::string& node, CallRequest request) const {
  auto parsed = parse_node(node);
  if (!parsed) return failed(invalid("node: \"" + node + "\" is no host:port"));
  return ask(options_, std::move(request), {std::move(*parsed)}, true);
}

}  // namespace discovery::client
