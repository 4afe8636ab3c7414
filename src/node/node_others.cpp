// The questions of an operator that other nodes help to answer.
#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "node/node.h"
#include "node/node_asker.h"
#include "queries/agreement.h"
#include "queries/compare.h"
#include "queries/explain_query.h"
#include "queries/question.h"
#include "queries/record_json.h"
#include "queries/records_query.h"

namespace discovery::node {

using nlohmann::ordered_json;
using queries::Question;

namespace {

constexpr timespec kComparePause{1, 0};
constexpr size_t kAnswerBytesMax = size_t{64} << 20;
constexpr size_t kRecordsBytesMax = size_t{256} << 10;          ///< of one host
constexpr Duration kExplainPatience = std::chrono::seconds(2);  ///< with all other nodes together

Error ending() { return {ErrorCode::kUnavailable, "this node is ending"}; }

}  // namespace

net::ClientEndpoint Node::endpoint_of(const HostPort& address) const {
  net::ClientEndpoint endpoint{address.host, address.port};
  const MutexLock lock(config_mutex_);
  endpoint.bind_address = config_.cluster.peer_bind_address;
  return endpoint;
}

// Nobody makes this node call whom it does not know.
Result<std::string> Node::compare_json(const OperatorCall& call) {
  const auto asked = Question::read(call.query, {"with"});
  if (!asked) return asked.error();
  if (const auto named = asked->require({"with"}); !named) return named.error();
  const std::string with(asked->text("with"));
  const auto links = cluster_.links();
  const bool known = std::any_of(links.begin(), links.end(),
                                 [&](const cluster::LinkStatus& l) { return l.member && l.address == with; });
  const auto address = parse_peer_address(with);
  if (!known || !address) return not_found("this node knows no node " + with + " (see /api/overview)");
  const AskedNode other{with, endpoint_of(*address)};
  AskWith asking = ask_with();
  asking.limits.answer_bytes_max = kAnswerBytesMax;
  const auto here = [&](const std::string& target) -> Result<std::string> {
    const size_t mark = target.find('?');
    const std::string query = mark == std::string::npos ? "" : target.substr(mark + 1);
    return ask(mark == std::string::npos ? OperatorRoute::kDigest : OperatorRoute::kRecords,
               {.query = query, .at = call.at, .by = call.by});
  };
  const auto there = [&](const std::string& target) -> Result<std::string> {
    if (draining_.load(std::memory_order_relaxed)) return ending();
    auto answer = ask_node(asking, other, target);
    if (!answer) return Error{ErrorCode::kUnavailable, with + ": " + answer.error().message};
    return answer;
  };
  const auto compared = queries::compare(here, there, [] { nanosleep(&kComparePause, nullptr); });
  if (!compared) return compared.error();
  ordered_json json = comparison_json(*compared);
  json["at"] = to_wire_ns(call.at);
  return queries::text_of(json);
}

Result<std::string> Node::explain_json(const OperatorCall& call) {
  const TimePoint now = clock_.now();  // it may have waited behind another that asked the nodes
  auto explained = queries::explained(history_, registry_, explain_facts(now), call.query, now);
  if (!explained) return explained.error();
  if (explained->asks_nodes && now - call.at < kExplainPatience) {
    const auto here = queries::records_json(registry_, own_address(), explained->records_query, now);
    if (!here) return here.error();
    queries::add_agreement(explained->json, *here, explained->zone, ask_others(explained->records_query));
  } else if (explained->asks_nodes) {
    queries::add_remark(explained->json, "nodes", "not asked: too many ask at the same time");
  }
  return queries::text_of(explained->json);
}

AskWith Node::ask_with() {
  const MutexLock lock(config_mutex_);
  return {cluster_.reactor(), {}, PeerSigner(access_.peer_key)};
}

std::vector<queries::NodeAnswer> Node::ask_others(const std::string& records_query) {
  std::vector<queries::NodeAnswer> answers;
  std::vector<AskedNode> asked;
  std::vector<size_t> asked_at;  // their places among the answers
  for (const cluster::LinkStatus& link : cluster_.links()) {
    if (!link.member) continue;
    const auto address = parse_peer_address(link.address);
    std::string not_asked = link.state == "ours" || !link.trouble.empty() ? link.trouble : "it is " + link.state;
    if (link.state == "original") not_asked = "it is a node of the original, which does not tell";
    if (draining_.load(std::memory_order_relaxed)) not_asked = ending().message;
    answers.push_back({link.address, Error{ErrorCode::kUnavailable, "was not asked: " + not_asked}});
    if (link.state != "ours" || !not_asked.empty() || !address) continue;
    asked.push_back({link.address, endpoint_of(*address)});
    asked_at.push_back(answers.size() - 1);
  }
  AskWith asking = ask_with();
  asking.limits.timeout = kExplainPatience;
  asking.limits.answer_bytes_max = kRecordsBytesMax;
  auto said = ask_nodes(asking, asked, "/api/records?" + records_query);
  for (size_t i = 0; i < said.size(); ++i) answers[asked_at[i]].records = std::move(said[i]);
  return answers;
}

}  // namespace discovery::node
