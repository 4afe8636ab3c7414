// GET /discovery/fetch/all: a stream (discovery-api.md 7.3).
#include <map>
#include <set>

#include "protocol/discovery/fetch_all_source.h"
#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

TEST(FetchAll, IsEmptyAtFirst) {
  Node node;
  EXPECT_EQ(node.get("/discovery/fetch/all").body, R"({"code":0,"message":"0","ttl":1,"data":{}})");
  EXPECT_EQ(node.get("/discovery/fetch/all?callback=cb").body, R"(cb({"code":0,"message":"0","ttl":1,"data":{}}))");
}

TEST(FetchAll, ListsOverZonesEnvironmentsAndStatus) {
  Node node;
  node.reg_in("z1", "a", "h1");
  node.write("register", with(with(Node::instance("a", "h2"), "zone", "z2"), "status", "2"));
  node.write("register", with(Node::instance("a", "h3"), "env", "prod"));
  node.write("register", with(Node::instance("a", "h1"), "env", "prod"));
  node.write("register", without(Node::instance("b"), "metadata"));
  node.reg("gone");
  node.cancel("gone");
  const Answer a = node.get("/discovery/fetch/all");
  EXPECT_EQ(a.body.find("\"a\":["), a.body.rfind("\"a\":[")) << "two environments share one array";
  const Json data = a.data();
  EXPECT_EQ(member_names(data), (std::vector<std::string>{"a", "b"}));
  std::set<std::string> seen;
  for (const Json& i : data["a"]) {
    seen.insert(i["env"].get<std::string>() + "/" + i["zone"].get<std::string>() + "/" +
                i["hostname"].get<std::string>());
    EXPECT_EQ(i.size(), 14U);
  }
  EXPECT_EQ(seen, (std::set<std::string>{"dev/z1/h1", "dev/z2/h2", "prod/z1/h1", "prod/z1/h3"}));
  EXPECT_EQ(data["a"].size(), 4U);
  EXPECT_EQ(data["b"][0]["metadata"], Json::object()) << "never null (D19)";
}

TEST(FetchAll, IgnoresParameters) {
  Node node;
  node.reg("a");
  EXPECT_EQ(node.get("/discovery/fetch/all?env=none&appid=none&status=x&zone=%ff").data().size(), 1U);
}

/// Reads a stream piece by piece; `between` runs after each piece but the last.
template <class F>
Json read_pieces(codec::HttpReply& reply, size_t& pieces, F between) {
  EXPECT_TRUE(reply.streaming());
  std::string body(reply.own_bytes());
  const auto source = reply.take_source();
  pieces = 0;
  for (bool more = true; more;) {
    std::string piece;
    more = source->next(piece);
    EXPECT_FALSE(piece.empty()) << "not even the last one is";
    EXPECT_LE(piece.size(), FetchAllSource::kPieceBytes + 4096) << "about as large as promised";
    body += piece;
    ++pieces;
    if (more) between();
  }
  const Json parsed = Json::parse(body, nullptr, false);
  EXPECT_FALSE(parsed.is_discarded()) << body.substr(0, 300);
  return parsed.is_discarded() ? Json::object() : parsed["data"];
}

std::map<std::string, int> count_hosts(const Json& data, const std::string& appid) {
  std::map<std::string, int> counts;
  if (!data.contains(appid)) return counts;
  for (const Json& i : data[appid]) ++counts[i["env"].get<std::string>() + "/" + i["hostname"].get<std::string>()];
  return counts;
}

std::string host_name(int i) {
  std::string digits = std::to_string(i);
  return "h" + std::string(6 - digits.size(), '0') + digits;
}

TEST(FetchAll, StreamsManyApplications) {
  Node node;
  constexpr int kApps = 1500;
  for (int i = 0; i < kApps; ++i) node.reg("app" + std::to_string(i), host_name(i));
  codec::HttpReply reply = node.get_reply("/discovery/fetch/all");
  size_t pieces = 0;
  const Json data = read_pieces(reply, pieces, [] {});
  EXPECT_GT(pieces, 3U);
  ASSERT_EQ(data.size(), static_cast<size_t>(kApps));
  for (int i = 0; i < kApps; ++i) {
    const auto counts = count_hosts(data, "app" + std::to_string(i));
    EXPECT_EQ(counts, (std::map<std::string, int>{{"dev/" + host_name(i), 1}}));
  }
}

TEST(FetchAll, StreamsOneApplicationInSeveralPieces) {
  Node node;
  constexpr int kInstances = 1200;
  for (const char* env : {"dev", "prod"}) {
    for (int i = 0; i < kInstances; ++i) node.write("register", with(Node::instance("big", host_name(i)), "env", env));
  }
  node.reg("after");
  node.reg("alone");
  codec::HttpReply reply = node.get_reply("/discovery/fetch/all?callback=cb");
  EXPECT_TRUE(reply.own_bytes().starts_with("cb("));
  const Answer whole = take_answer(reply);
  ASSERT_TRUE(whole.body.ends_with(")"));
  const Json data = Json::parse(whole.body.substr(3, whole.body.size() - 4))["data"];
  EXPECT_EQ(member_names(data), (std::vector<std::string>{"after", "alone", "big"}));
  const auto counts = count_hosts(data, "big");
  EXPECT_EQ(counts.size(), 2U * kInstances);
  EXPECT_EQ(data["big"].size(), 2U * kInstances) << "each exactly once";

  codec::HttpReply again = node.get_reply("/discovery/fetch/all");
  size_t pieces = 0;
  read_pieces(again, pieces, [] {});
  EXPECT_GT(pieces, 8U);
}

// Whatever is written between two pieces: valid JSON, nothing twice, and everything that was there all the time.
TEST(FetchAll, StandsChangesBetweenPieces) {
  Node node;
  constexpr int kInstances = 1000;
  for (int i = 0; i < kInstances; ++i) node.reg("big", host_name(i * 10));
  for (int i = 0; i < 300; ++i) node.reg("small" + std::to_string(i), "h");
  codec::HttpReply reply = node.get_reply("/discovery/fetch/all");
  size_t pieces = 0;
  int step = 0;
  const Json data = read_pieces(reply, pieces, [&] {
    ++step;
    node.cancel("big", host_name(step * 10));                 // far behind the reader
    node.cancel("big", host_name((kInstances - step) * 10));  // before it comes there
    node.reg("big", host_name(step * 10 + 1));                // new, behind or ahead
    node.reg("big", host_name((kInstances - step) * 10 + 5));
    node.renew("big", host_name(500 * 10));
    node.reg("big", host_name(400 * 10));  // replaced where it stands
    node.set_status("big", host_name(300 * 10), 1 + step % 2);
    node.cancel("small" + std::to_string(step), "h");
    node.reg("new" + std::to_string(step), "h");
  });
  EXPECT_GT(pieces, 5U);
  const auto counts = count_hosts(data, "big");
  for (const auto& [host, times] : counts) EXPECT_EQ(times, 1) << host;
  for (int i = 0; i < kInstances; ++i) {
    const bool cancelled = (i >= 1 && i <= step) || i >= kInstances - step;
    EXPECT_TRUE(cancelled || counts.contains("dev/" + host_name(i * 10))) << i;
  }
  for (int i = step + 1; i < 300; ++i) EXPECT_TRUE(data.contains("small" + std::to_string(i))) << i;
}

TEST(FetchAll, StandsTheEndOfTheApplicationItIsReading) {
  Node node;
  constexpr int kInstances = 600;
  for (int i = 0; i < kInstances; ++i) node.reg("big", host_name(i));
  node.reg("later", "h");
  codec::HttpReply reply = node.get_reply("/discovery/fetch/all");
  size_t pieces = 0;
  const Json data = read_pieces(reply, pieces, [&] {
    for (int i = 0; i < kInstances; ++i) node.cancel("big", host_name(i));
  });
  EXPECT_EQ(member_names(data), (std::vector<std::string>{"big", "later"}));
  const auto counts = count_hosts(data, "big");
  for (const auto& [host, times] : counts) EXPECT_EQ(times, 1) << host;
  EXPECT_LT(counts.size(), static_cast<size_t>(kInstances)) << "the rest was gone when its turn came";
  EXPECT_EQ(data["later"].size(), 1U);
}

TEST(FetchAll, StandsTheEndOfEverything) {
  Node node;
  for (int i = 0; i < 600; ++i) node.reg("a" + std::to_string(i), "h");
  codec::HttpReply reply = node.get_reply("/discovery/fetch/all");
  size_t pieces = 0;
  const Json data = read_pieces(reply, pieces, [&] {
    for (int i = 0; i < 600; ++i) node.cancel("a" + std::to_string(i), "h");
  });
  EXPECT_GT(data.size(), 0U);
  EXPECT_LT(data.size(), 600U);
}

}  // namespace
}  // namespace discovery::protocol
