#include "queries/compare.h"

#include <array>
#include <map>
#include <optional>

#include "queries/other_node.h"
#include "queries/records_query.h"

namespace discovery::queries {

using nlohmann::ordered_json;

namespace {

struct Digest {
  std::string node;
  uint64_t records = 0;
  std::vector<std::string> sums;
};

using Key = std::array<std::string, 4>;  ///< env, appid, zone, hostname
using Records = std::map<Key, ordered_json>;

Error no_answer(const std::string& target) {
  return {ErrorCode::kUnavailable, "the answer to " + target + " is none of a node that can be compared"};
}

Result<OtherAnswer> ask(AskNode node, const std::string& target) {
  const auto text = node(target);
  if (!text) return text.error();
  auto answer = read_other(*text);
  if (!answer) return no_answer(target);
  return std::move(*answer);
}

Result<Digest> digest_of(AskNode node) {
  const std::string target = "/api/digest";
  const auto answer = ask(node, target);
  if (!answer) return answer.error();
  const ordered_json& json = answer->object;
  Digest digest;
  const auto records = json.find("records");
  const auto sums = json.find("sums");
  if (!read_text(json, "node", digest.node) || records == json.end() || !records->is_number_unsigned() ||
      sums == json.end() || !sums->is_array() || sums->size() != kBranches) {
    return no_answer(target);
  }
  digest.records = records->get<uint64_t>();
  for (const auto& sum : *sums) {
    if (!sum.is_string()) return no_answer(target);
    digest.sums.push_back(sum.get<std::string>());
  }
  return digest;
}

Result<Records> records_of(AskNode node, size_t branch) {
  const std::string target = "/api/records?branch=" + std::to_string(branch);
  const auto answer = ask(node, target);
  if (!answer) return answer.error();
  const ordered_json& json = answer->object;
  const auto list = json.find("records");
  if (list == json.end() || !list->is_array()) return no_answer(target);
  Records records;
  for (const auto& one : *list) {
    Key key;
    if (!one.is_object() || !read_text(one, "env", key[0]) || !read_text(one, "appid", key[1]) ||
        !read_text(one, "zone", key[2]) || !read_text(one, "hostname", key[3])) {
      return no_answer(target);
    }
    auto kept = numbers_of(one);
    if (!kept) return no_answer(target);
    records[key] = std::move(kept->object);
  }
  return records;
}

/// What each of the two has of a key; null: nothing.
struct Pair {
  ordered_json here, there;
};
using Pairs = std::map<Key, Pair>;

/// Both nodes' records of a branch, those that differ.
Result<Pairs> differing(AskNode here, AskNode there, size_t branch) {
  const auto ours = records_of(here, branch);
  if (!ours) return ours.error();
  const auto theirs = records_of(there, branch);
  if (!theirs) return theirs.error();
  Pairs pairs;
  for (const auto& [key, record] : *ours) {
    const auto it = theirs->find(key);
    if (it == theirs->end()) {
      pairs[key] = {record, nullptr};
    } else if (it->second != record) {
      pairs[key] = {record, it->second};
    }
  }
  for (const auto& [key, record] : *theirs) {
    if (!ours->contains(key)) pairs[key] = {nullptr, record};
  }
  return pairs;
}

}  // namespace

std::string_view Difference::kind() const {
  if (here.is_null()) return "missing_here";
  return there.is_null() ? "missing_there" : "different";
}

Result<Comparison> compare(AskNode here, AskNode there, FunctionRef<void()> pause) {
  const auto ours = digest_of(here);
  if (!ours) return ours.error();
  const auto theirs = digest_of(there);
  if (!theirs) return theirs.error();
  Comparison result{.node_here = ours->node, .node_there = theirs->node, .differences = {}};
  result.records_here = ours->records;
  result.records_there = theirs->records;
  std::map<size_t, Pairs> first;  // by branch
  size_t found = 0;
  for (size_t branch = 0; branch < kBranches; ++branch) {
    if (ours->sums[branch] == theirs->sums[branch]) continue;
    if (found > kDifferencesMax) {
      result.more = true;
      break;
    }
    auto pairs = differing(here, there, branch);
    if (!pairs) return pairs.error();
    found += pairs->size();
    if (!pairs->empty()) first.emplace(branch, std::move(*pairs));
  }
  if (first.empty()) return result;
  pause();
  std::map<Key, Pair> lasting;
  for (const auto& [branch, before] : first) {
    auto pairs = differing(here, there, branch);
    if (!pairs) return pairs.error();
    for (auto& [key, pair] : *pairs) {
      const auto it = before.find(key);
      const bool stood = it != before.end() && (it->second.here == pair.here || it->second.there == pair.there);
      if (stood) lasting.emplace(key, std::move(pair));
    }
  }
  for (auto& [key, pair] : lasting) {
    if (result.differences.size() == kDifferencesMax) {
      result.more = true;
      break;
    }
    result.differences.push_back({key[0], key[1], key[2], key[3], std::move(pair.here), std::move(pair.there)});
  }
  return result;
}

ordered_json comparison_json(const Comparison& c) {
  ordered_json json;
  json["node"] = c.node_here;
  json["with"] = c.node_there;
  json["equal"] = c.differences.empty() && !c.more;
  json["records_here"] = c.records_here;
  json["records_there"] = c.records_there;
  ordered_json differences = ordered_json::array();
  for (const Difference& d : c.differences) {
    ordered_json one;
    one["env"] = d.env;
    one["appid"] = d.appid;
    one["zone"] = d.zone;
    one["hostname"] = d.hostname;
    one["kind"] = d.kind();
    one["here"] = d.here;
    one["there"] = d.there;
    differences.push_back(std::move(one));
  }
  json["differences"] = std::move(differences);
  json["more"] = c.more;
  return json;
}

}  // namespace discovery::queries
