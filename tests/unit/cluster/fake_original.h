// A node of the original as the cluster meets it, and its bytes as plain lines, for tests.
#pragma once

#include <cstdlib>
#include <deque>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "cluster/original.h"
#include "cluster/transport.h"

namespace discovery::cluster {

inline std::vector<std::string> split_text(std::string_view text, char by) {
  std::vector<std::string> parts;
  std::stringstream in{std::string(text)};
  for (std::string part; std::getline(in, part, by);) parts.push_back(part);
  return parts;
}

/// env,appid,zone,hostname,version,dirty,reg,renew
inline std::string line_of(const ForeignInstance& i) {
  std::string out;
  for (const std::string& part : {i.env, i.appid, i.zone, i.hostname, i.version, std::to_string(i.dirty_ns),
                                  std::to_string(i.reg_ns), std::to_string(i.renew_ns)}) {
    out += part + ",";
  }
  return out;
}
inline ForeignInstance instance_of(std::string_view line) {
  const auto p = split_text(line, ',');
  ForeignInstance i;
  i.env = p.at(0);
  i.appid = p.at(1);
  i.zone = p.at(2);
  i.hostname = p.at(3);
  i.version = p.at(4);
  i.dirty_ns = std::atoll(p.at(5).c_str());
  i.reg_ns = std::atoll(p.at(6).c_str());
  i.renew_ns = std::atoll(p.at(7).c_str());
  i.addrs_json = R"(["http://10.9.9.9:80"])";
  i.metadata_json = "{}";
  i.status = 1;
  i.latest_ns = i.dirty_ns;
  return i;
}

class PlainWire final : public OriginalWire {
 public:
  [[nodiscard]] Post register_post(const registry::StoredRecord& r) const override {
    return post_of(PostKind::kRegister, "/register", r);
  }
  [[nodiscard]] Post cancel_post(const registry::StoredRecord& r) const override {
    return post_of(PostKind::kCancel, "/cancel", r);
  }
  [[nodiscard]] std::string form_for(const Post& post, bool own_zone) const override {
    return post.hostname + (own_zone ? " replication" : " from_zone");
  }
  [[nodiscard]] Result<PostAnswer> read_answer(std::string_view body) const override {
    if (body.empty() || body == "garbage") return invalid("no answer");
    const auto lines = split_text(body, '\n');
    PostAnswer answer;
    answer.code = std::atoi(lines.at(0).c_str());
    if (lines.size() > 1) answer.instance = std::make_unique<ForeignInstance>(instance_of(lines[1]));
    return answer;
  }
  [[nodiscard]] Result<std::vector<ForeignInstance>> read_fetch_all(std::string_view body) const override {
    if (body == "garbage") return invalid("no list");
    std::vector<ForeignInstance> all;
    for (const std::string& line : split_text(body, '\n')) all.push_back(instance_of(line));
    return all;
  }
  static Post post_of(PostKind kind, std::string path, const registry::StoredRecord& r) {
    Post p;
    p.kind = kind;
    p.path = std::move(path);
    p.env = r.app.env;
    p.appid = r.app.appid;
    p.zone = r.instance->zone();
    p.hostname = r.instance->hostname();
    return p;
  }
};

struct FakeOriginal {
  bool down = false;                  ///< refuses
  int fail = 0;                       ///< so many posts break
  std::deque<std::string> answers;    ///< to the next posts; then "0"
  std::vector<std::string> posts;     ///< "/renew cart-0 replication", failed ones too
  std::vector<std::string> answered;  ///< the others
  std::vector<ForeignInstance> has;
  size_t fetches = 0;
  bool garbage = false;  ///< its fetch/all is
  bool learns = false;   ///< what is registered is in its list

  std::optional<std::string> take(const Call& call) {
    if (call.kind == CallKind::kFetchAll) {
      ++fetches;
      if (garbage) return "garbage";
      std::string out;
      for (const ForeignInstance& i : has) out += line_of(i) + "\n";
      return out;
    }
    posts.push_back(call.path + " " + call.body);
    if (fail > 0 && fail-- > 0) return std::nullopt;
    answered.push_back(posts.back());
    if (learns && call.path == "/register") {
      ForeignInstance i;
      i.env = "dev";
      i.appid = "shop.cart";
      i.zone = "zone-a";
      i.hostname = split_text(call.body, ' ').at(0);
      i.dirty_ns = INT64_MAX;
      has.push_back(i);
    }
    if (answers.empty()) return "0";
    std::string answer = answers.front();
    answers.pop_front();
    return answer;
  }
};

}  // namespace discovery::cluster
