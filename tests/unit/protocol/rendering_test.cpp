// How often lists are rendered, and how old they may be (engineering.md 5; registry.h: view_max_age).
#include <algorithm>

#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

TEST(Rendering, HappensOnceForManyWaiters) {
  Node node;
  node.reg("a");
  std::vector<FakeExchange*> waiters;
  for (int i = 0; i < 100; ++i) {
    waiters.push_back(&node.send_get(i % 2 ? Node::polls_of({{"a", kStartNs}}) : Node::poll_of("a", kStartNs)));
  }
  node.seen.views_rendered = node.seen.views_reused = 0;
  node.reg("a", "h2");
  EXPECT_EQ(node.seen.views_rendered, 1);
  EXPECT_EQ(node.seen.views_reused, 99);
  for (const FakeExchange* x : waiters) EXPECT_TRUE(x->answered());
}

TEST(Rendering, IsPerForm) {
  Node node;
  node.reg("a");
  const auto rendered = [&](const std::string& path_query) {
    const int before = node.seen.views_rendered;
    node.get(path_query);
    return node.seen.views_rendered - before;
  };
  EXPECT_EQ(rendered("/discovery/fetch?env=dev&appid=a&status=1"), 1);
  EXPECT_EQ(rendered(Node::polls_of({{"a", 0}})), 0) << "the same list";
  EXPECT_EQ(rendered("/discovery/fetchs?env=dev&appid=a&status=5"), 0) << "bits 0 and 1 count";
  EXPECT_EQ(rendered("/discovery/fetch?env=dev&appid=a&status=2"), 1);
  EXPECT_EQ(rendered("/discovery/fetch?env=dev&appid=a&status=1&zone=z1"), 1);
  EXPECT_EQ(rendered("/discovery/fetch?env=dev&appid=none&status=1"), 0);
  node.reg("b");
  EXPECT_EQ(rendered("/discovery/fetch?env=dev&appid=a&status=1"), 0) << "a change of another app";
  node.reg("a");
  EXPECT_EQ(rendered("/discovery/fetch?env=dev&appid=a&status=1"), 1);
}

// A client that watches many apps asks for one list, not for all of them.
TEST(Rendering, LeavesOutWhatIsNotNewer) {
  Node node;
  std::vector<std::pair<std::string, int64_t>> watched;
  for (int i = 0; i < 20; ++i) {
    const std::string app = "app" + std::to_string(i);
    node.reg(app);
    watched.emplace_back(app, node.latest(app));
  }
  node.pass(5s);  // beyond the age of what latest() rendered
  FakeExchange& x = node.send_get(Node::polls_of(watched));
  EXPECT_TRUE(x.parked());
  node.seen.views_rendered = node.seen.views_reused = 0;
  node.reg("app7");
  EXPECT_EQ(member_names(x.answer().data()), std::vector<std::string>{"app7"});
  EXPECT_EQ(node.seen.views_rendered + node.seen.views_reused, 1) << "at a wake";
  node.get(Node::polls_of(watched));
  EXPECT_EQ(node.seen.views_rendered + node.seen.views_reused, 2) << "at once";
}

TEST(Rendering, ShowsRenewalsAtMostASecondOld) {
  Node node;
  node.reg("a");
  const auto shown = [&] {
    return node.get("/discovery/fetch?env=dev&appid=a&status=1")
        .data()["instances"]["z1"][0]["renew_timestamp"]
        .get<int64_t>();
  };
  EXPECT_EQ(shown(), kStartNs);
  node.pass(500ms);
  node.renew("a");
  EXPECT_EQ(shown(), kStartNs) << "half a second old: allowed";
  node.pass(501ms);
  EXPECT_EQ(shown(), kStartNs + 500'000'000) << "older than a second: rendered anew";
  EXPECT_EQ(node.renew("a").data()["renew_timestamp"].get<int64_t>(), to_wire_ns(node.now)) << "a renew shows its own";
}

TEST(Rendering, OfAWakeShowsThatChange) {
  Node node;
  node.reg("a");
  node.get("/discovery/fetch?env=dev&appid=a&status=1");
  FakeExchange& x = node.send_get(Node::polls_of({{"a", kStartNs}}));
  node.set_status("a", "h1", 1);
  EXPECT_EQ(x.answer().data()["a"]["instances"]["z1"][0]["latest_timestamp"].get<int64_t>(), kStartNs + 1);
}

// Wide answers to many waiters go out in slices; what waits for its slice is neither lost nor answered wrongly.
TEST(Rendering, OfManyAnswersIsSliced) {
  Node node;
  for (int i = 0; i < 100; ++i) node.reg("a", "h" + std::to_string(i));
  const int64_t t = node.latest("a");
  std::vector<FakeExchange*> waiters;
  for (int i = 0; i < 30; ++i) waiters.push_back(&node.send_get(Node::polls_of({{"a", t}})));
  node.auto_turn = false;
  node.reg("a", "new");
  const auto answered = [&] {
    return std::count_if(waiters.begin(), waiters.end(), [](const FakeExchange* x) { return x->answered(); });
  };
  EXPECT_TRUE(node.hub.flush(node.now)) << "more to do in the next turn";
  const auto first_slice = answered();
  EXPECT_GT(first_slice, 0);
  EXPECT_LT(first_slice, 20);
  waiters.back()->hang_up();
  node.pass(30s);
  node.run_deadlines();  // the deadline of all the others comes before their slice
  EXPECT_EQ(answered(), 29);
  for (const FakeExchange* x : waiters) {
    if (x->answered()) {
      EXPECT_EQ(x->answer().data()["a"]["instances"]["z1"].size(), 101U) << "news, not -304";
    }
  }
  EXPECT_FALSE(node.hub.flush(node.now));
  EXPECT_EQ(node.hub.watched_applications(), 0U);
}

}  // namespace
}  // namespace discovery::protocol
