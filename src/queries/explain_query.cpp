#include "queries/explain_query.h"

#include "codec/percent.h"
#include "queries/question.h"
#include "queries/record_json.h"

namespace discovery::queries {

using nlohmann::ordered_json;

Result<Explained> explained(const history::History& history, const registry::Registry& registry,
                            const explain::NodeFacts& facts, std::string_view query, TimePoint now) {
  const auto asked = Question::read(query, {"env", "appid", "hostname", "zone", "client_zone", "status", "nodes"});
  if (!asked) return asked.error();
  if (const auto named = asked->require({"env", "appid", "hostname"}); !named) return named.error();
  explain::Question question;
  question.app = {asked->text("env"), asked->text("appid")};
  question.hostname = asked->text("hostname");
  question.zone = asked->text("zone");
  question.client_zone = asked->text("client_zone");
  const auto mask = asked->number("status", {0, UINT32_MAX, 1});
  if (!mask) return mask.error();
  question.status_mask = static_cast<uint32_t>(*mask);
  const auto nodes = asked->number("nodes", {0, 1, 1});
  if (!nodes) return nodes.error();
  const explain::Answer answer = explain::explain(registry, history, facts, question, now);
  ordered_json json;
  json["node"] = facts.address;
  json["visible"] = answer.visible;
  json["cause"] = cause_name(answer.cause);
  json["summary"] = answer.summary;
  if (answer.origin) {
    const explain::Origin& o = *answer.origin;
    json["origin"] = origin_json({o.layout, o.key, o.lease_id, o.lease});
  }
  ordered_json verdicts = ordered_json::array();
  for (const explain::Verdict& v : answer.verdicts) {
    verdicts.push_back({{"about", v.about}, {"passes", v.passes}, {"detail", v.detail}});
  }
  json["verdicts"] = std::move(verdicts);
  Explained result{std::move(json), *nodes == 1, answer.zone.empty() ? std::string(question.zone) : answer.zone, {}};
  for (const std::string_view name : {"env", "appid", "hostname"}) {
    if (!result.records_query.empty()) result.records_query += '&';
    result.records_query.append(name).append("=");
    codec::percent_encode(asked->text(name), result.records_query);
  }
  return result;
}

}  // namespace discovery::queries
