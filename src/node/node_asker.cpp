#include "node/node_asker.h"

#include <future>
#include <memory>

#include "codec/text.h"
#include "net/http_client.h"

namespace discovery::node {

namespace {

/// One question; it holds itself until the answer is there.
struct Question {
  std::unique_ptr<net::HttpClient> client;
  std::promise<Result<std::string>> answer;
};

Result<std::string> read(net::ClientResult result) {
  constexpr size_t kShownBytesMax = 200;
  if (!result) return Error{ErrorCode::kUnavailable, "no answer: " + std::string(net::to_string(result.error()))};
  if (result->status == 200) return std::move(result->body);
  return Error{ErrorCode::kUnavailable, "the answer was " + std::to_string(result->status) + ' ' +
                                            codec::printable(result->body, kShownBytesMax)};
}

}  // namespace

Result<std::string> ask_node(net::Reactor& reactor, const net::ClientEndpoint& node, const net::ClientLimits& limits,
                             const std::string& target) {
  const auto question = std::make_shared<Question>();
  auto answer = question->answer.get_future();
  reactor.post([question, &reactor, node, limits, target] {
    question->client = std::make_unique<net::HttpClient>(reactor, node, limits);
    net::ClientRequest request;
    request.target = target;
    question->client->request(std::move(request), net::HttpClient::Connect::kFresh,
                              [question, &reactor](net::ClientResult result) {
                                question->answer.set_value(read(std::move(result)));
                                reactor.post([question] { question->client.reset(); });
                              });
  });
  // The client keeps its time; this is for a reactor that has stopped.
  if (answer.wait_for(limits.timeout + std::chrono::seconds(1)) != std::future_status::ready) {
    return Error{ErrorCode::kUnavailable, "no answer: this node is ending"};
  }
  return answer.get();
}

}  // namespace discovery::node
