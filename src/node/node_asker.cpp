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

std::future<Result<std::string>> start(const AskWith& with, const AskedNode& node, const std::string& target) {
  net::Reactor& reactor = with.reactor;
  const auto question = std::make_shared<Question>();
  auto answer = question->answer.get_future();
  reactor.post([question, &reactor, node, limits = with.limits, signer = with.signer, target] {
    question->client = std::make_unique<net::HttpClient>(reactor, node.endpoint, limits);
    net::ClientRequest request;
    request.target = target;
    signer.sign(request, node.address, reactor.now());
    question->client->request(std::move(request), net::HttpClient::Connect::kFresh,
                              [question, &reactor](net::ClientResult result) {
                                question->answer.set_value(read(std::move(result)));
                                reactor.post([question] { question->client.reset(); });
                              });
  });
  return answer;
}

}  // namespace

std::vector<Result<std::string>> ask_nodes(const AskWith& with, std::span<const AskedNode> nodes,
                                           const std::string& target) {
  std::vector<std::future<Result<std::string>>> started;
  started.reserve(nodes.size());
  for (const AskedNode& node : nodes) started.push_back(start(with, node, target));
  // The clients keep their time; this is for a reactor that has stopped.
  const auto until = std::chrono::steady_clock::now() + with.limits.timeout + std::chrono::seconds(1);
  std::vector<Result<std::string>> answers;
  for (auto& answer : started) {
    if (answer.wait_until(until) == std::future_status::ready) {
      answers.push_back(answer.get());
    } else {
      answers.emplace_back(Error{ErrorCode::kUnavailable, "no answer: this node is ending"});
    }
  }
  return answers;
}

Result<std::string> ask_node(const AskWith& with, const AskedNode& node, const std::string& target) {
  return std::move(ask_nodes(with, {&node, 1}, target).front());
}

}  // namespace discovery::node
