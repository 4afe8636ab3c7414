// What an operator asks, which anybody may send, and what another node answers to the questions behind a comparison.
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "fuzz/fuzz_target.h"
#include "queries/agreement.h"
#include "queries/clients_query.h"
#include "queries/compare.h"
#include "queries/explain_query.h"
#include "queries/history_query.h"
#include "queries/record_json.h"
#include "queries/records_query.h"
#include "queries/services_query.h"
#include "unit/registry/node.h"

namespace discovery::fuzz {
namespace {

using namespace queries;

/// A node with a few records in each state, and their history.
struct Asked {
  Asked() {
    node.registry.set_observer(&history);
    for (int i = 0; i < 8; ++i) node.put({"h" + std::to_string(i), "z" + std::to_string(i % 2), "shop", "dev"});
    static_cast<void>(node.cancel({"h1", "z1", "shop", "dev"}));
  }

  history::History history{size_t{1} << 16};
  registry::Node node;
};
const Asked& asked() {
  static const Asked once;
  return once;
}

void check_answer(const Result<std::string>& answer) {
  if (!answer) {
    FUZZ_CHECK(!answer.error().message.empty());
    return;
  }
  FUZZ_CHECK(nlohmann::json::accept(*answer));
}

/// Whatever is asked, the answer is JSON or an error with words.
void fuzz_operator_query(std::string_view query) {
  const Asked& a = asked();
  const registry::Registry& registry = a.node.registry;
  const TimePoint now = a.node.now;
  check_answer(services_json(registry, {}, "n", query));
  check_answer(service_json(registry, {"n", std::chrono::seconds(90), {}, {}}, query, now));
  check_answer(digest_json(registry, "n", query));
  check_answer(records_json(registry, "n", query, now));
  check_answer(clients_json({}, {}, "n", query));
  check_answer(history_json(a.history, registry, "n", query, now));
  const auto why = explained(a.history, registry, {}, query, now);
  if (!why) return;
  check_answer(text_of(why->json));
  // What the other nodes are asked must be understood by them.
  FUZZ_CHECK(records_json(registry, "n", why->records_query, now).has_value());
}

const RegisteredTarget kOperatorQuery(
    {"operator_query",
     fuzz_operator_query,
     {"env=dev&appid=shop&hostname=h1&zone=z1&client_zone=z0&status=3&nodes=0", "env=dev&appid=shop&limit=5&offset=2",
      "env=dev&zone=z1&q=SHO&sort=instances&limit=10&offset=0", "branch=255",
      "env=dev&appid=shop&at=2026-11-28T15:10:00Z", "kind=registered&since=10m&until=1&below=5&limit=1000",
      "sort=polls&limit=1000"},
     {"&", "=", "%", "%00", "%ff", "+", "env=", "appid=", "hostname=", "18446744073709551616", "-1", "1h30m",
      "9999-12-31T23:59:59Z", "at=", "since=", "limit=1001"}});

/// Whatever another node says, a comparison ends, and what is shown of it is JSON.
void fuzz_other_node(std::string_view answer) {
  const Asked& a = asked();
  const registry::Registry& registry = a.node.registry;
  const auto here = [&](const std::string& target) {
    const size_t mark = target.find('?');
    if (mark == std::string::npos) return digest_json(registry, "n", "");
    return records_json(registry, "n", target.substr(mark + 1), a.node.now);
  };
  // The first line answers one question, the rest the others.
  const size_t line = std::min(answer.find('\n'), answer.size());
  const auto there = [&](const std::string& target) -> Result<std::string> {
    if (target == "/api/digest") return std::string(answer.substr(0, line));
    return std::string(answer.substr(std::min(line + 1, answer.size())));
  };
  if (const auto compared = compare(here, there, [] {})) {
    FUZZ_CHECK(compared->differences.size() <= kDifferencesMax);
    check_answer(text_of(comparison_json(*compared)));
  }
  nlohmann::ordered_json explained{{"verdicts", nlohmann::ordered_json::array()}};
  const auto ours = records_json(registry, "n", "env=dev&appid=shop&hostname=h1", a.node.now);
  const NodeAnswer other{"o", std::string(answer)};
  add_agreement(explained, *ours, "", {&other, 1});
  check_answer(text_of(explained));
  FUZZ_CHECK(explained.at("nodes").size() == 1 && !explained.at("verdicts").empty());
}

const std::string& digest_sample() {
  static const std::string sample = *digest_json(asked().node.registry, "n", "");
  return sample;
}

const RegisteredTarget kOtherNode(
    {"other_node",
     fuzz_other_node,
     {R"({"node":"o","records":[{"env":"dev","appid":"shop","zone":"z1","hostname":"h1","state":"visible","status":1,)"
      R"("version_number":{"t":5,"node":2,"set":{"t":6,"node":3}},"renewed_here_seconds_ago":1.5}]})",
      digest_sample() + "\n" + R"({"node":"o","records":[]})"},
     {"{", "}", "[", "]", ",", ":", "null", "-1", "1e400", "\"set\"", "\"zone\"", "\"records\"", "\n", "\\ud800"}});

}  // namespace
}  // namespace discovery::fuzz
