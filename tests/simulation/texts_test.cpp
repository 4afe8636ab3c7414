#include <gtest/gtest.h>

#include "simulation/content.h"
#include "simulation/options.h"
#include "simulation/text_wire.h"

namespace discovery::simulation {
namespace {

TEST(Content, IsReadBackFromItsMetadata) {
  for (const Content& c : {Content{1, 0, 1}, Content{4'000'000'000, 7, 2}}) {
    EXPECT_EQ(read_metadata(metadata_of(c), c.status), c);
  }
}

TEST(Content, ReadsNothingElse) {
  for (const char* text : {"", "{}", "{\"g\":\"\"}", "{\"g\":\"1\"", "{\"g\":\"1\"} ", "{\"g\":\"99999999999\"}",
                           "{\"g\":\"1\",\"s\":\"x\"}", "{\"h\":\"1\"}"}) {
    EXPECT_FALSE(read_metadata(text, 1)) << text;
  }
  EXPECT_EQ(number_of("h17"), 17U);
  for (const char* text : {"", "h", "17", "h17x", "x17"}) EXPECT_FALSE(number_of(text)) << text;
}

TEST(TextWire, PostsAreReadBackWithTheirFlags) {
  WirePost post;
  post.kind = cluster::PostKind::kSet;
  post.what = {
      .instance = 3, .content = {5, 6, 2}, .reg_ns = 7, .up_ns = 8, .renew_ns = 9, .dirty_ns = 10, .latest_ns = 11};
  post.set_ns = 12;
  const auto read = read_post(with_flags(write_post(post), true, false));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, post.kind);
  EXPECT_EQ(read->what.content, post.what.content);
  EXPECT_EQ(read->what.latest_ns, 11);
  EXPECT_EQ(read->set_ns, 12);
  EXPECT_TRUE(read->replication);
  EXPECT_FALSE(read->from_zone);
}

TEST(TextWire, RefusesWhatIsNoPost) {
  const std::string form = with_flags(write_post({}), true, true);
  EXPECT_TRUE(read_post(form));
  for (size_t cut = 0; cut < form.size(); ++cut) EXPECT_FALSE(read_post(form.substr(0, cut)) && cut < form.size() - 1);
  EXPECT_FALSE(read_post(form + " 1"));
  EXPECT_FALSE(read_post("x"));
}

TEST(TextWire, ReadsAnswersAndWholeLists) {
  const Names names(20);
  const TextWire wire(names);
  const WireInstance w{.instance = 4, .content = {9, 0, 1}, .dirty_ns = 77};
  const auto conflict = wire.read_answer(write_answer(-409, &w));
  ASSERT_TRUE(conflict);
  EXPECT_EQ(conflict->code, -409);
  ASSERT_TRUE(conflict->instance);
  EXPECT_EQ(conflict->instance->hostname, "h4");
  EXPECT_EQ(conflict->instance->dirty_ns, 77);
  EXPECT_EQ(wire.read_fetch_all(write_instance(w) + "\n" + write_instance(w))->size(), 2U);
  EXPECT_TRUE(wire.read_fetch_all("")->empty());
  EXPECT_FALSE(wire.read_fetch_all("garbage"));
  EXPECT_FALSE(wire.read_answer("garbage"));
  WireInstance beyond;
  beyond.instance = 20;  // one past the last
  EXPECT_FALSE(wire.read_fetch_all(write_instance(beyond)));
}

TEST(Options, TakeWhatTheirUsageSays) {
  const auto o = parse_options({"--first-seed", "7", "--seeds=3", "--nodes", "4", "--instances", "50", "--minutes",
                                "20", "--rules=original", "--trace", "--jobs", "2", "--faults=crash,network",
                                "--only-faults=1,2", "--no-shrink", "--stop-at-first"});
  ASSERT_TRUE(o);
  const PlanSettings s = o->plan_for(9);
  EXPECT_EQ(s.length, 20 * kMinute);
  EXPECT_EQ(s.nodes, 4U);
  EXPECT_TRUE(s.rules_of_original);
  EXPECT_EQ(s.only_faults, (std::vector<uint32_t>{1, 2}));
  EXPECT_EQ(s.allowed, *parse_kinds("network,crash"));
}

TEST(Options, EveryTenthSeedIsLong) {
  const Options o;
  EXPECT_EQ(o.plan_for(9).length, 30 * kMinute);
  EXPECT_EQ(o.plan_for(10).length, 180 * kMinute);
}

TEST(Options, RefuseWhatTheyDoNotKnow) {
  const std::vector<std::vector<std::string>> wrong = {
      {"--seeds", "0"}, {"--seeds"}, {"--seeds", "x"},      {"--nodes", "65"},      {"--minutes", "7"}, {"--what", "1"},
      {"--rules=b"},    {"word"},    {"--faults=nonsense"}, {"--only-faults=1,,2"}, {"--minutes=181"},  {"--jobs=65"}};
  for (const auto& words : wrong) EXPECT_FALSE(parse_options(words)) << words.front();
  EXPECT_TRUE(parse_options({"--nodes", "64", "--minutes", "180", "--jobs", "64"}));
}

TEST(Options, TheReplayLineGivesTheSamePlan) {
  Options o;
  o.allowed = *parse_kinds("crash,partition,skew");
  o.only_faults = {{2, 5}};
  const PlanSettings s = o.plan_for(12);
  std::vector<std::string> words;
  std::string word;
  for (const char c : replay_line(s) + " ") {
    if (c != ' ') {
      word += c;
    } else {
      words.push_back(std::exchange(word, {}));
    }
  }
  words.erase(words.begin());  // the program
  const auto again = parse_options(words);
  ASSERT_TRUE(again);
  const Plan a = make_plan(s);
  const Plan b = make_plan(again->plan_for(again->first_seed));
  EXPECT_EQ(a.kinds, b.kinds);
  EXPECT_EQ(a.places, b.places);
}

}  // namespace
}  // namespace discovery::simulation
