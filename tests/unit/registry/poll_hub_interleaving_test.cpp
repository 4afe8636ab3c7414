// No change may fall between a client's look and its wait (discovery-api.md D25).
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "registry/poll_hub.h"
#include "unit/registry/reactor.h"

namespace discovery::registry {
namespace {

const Name kName;

/// What a client learns in one poll: the steps of its request in order, and the steps of a write and its wake put in
/// between in every possible way (D25). On the client's side: look, join, rest. On the writer's: change, mark, flush.
enum class Step : uint8_t { kLook, kJoin, kRest, kChange, kMark, kFlush };

void play(const std::vector<Step>& order, bool starts_known) {
  Node node;
  PollBudget budget;
  Reactor reactor(node, budget);
  if (starts_known) node.put(kName);
  const int64_t cursor = node.latest(kName);  // the client has seen everything so far
  const auto has_news = [&](const AppState& s) { return s.zone_known && s.latest_timestamp_ns > cursor; };
  std::unique_ptr<TestWaiter> waiter;
  bool answered = false;
  Wake wake;
  for (const Step step : order) {
    node.pass(nanoseconds(1));
    switch (step) {
      case Step::kLook:
        answered |= has_news(node.look(kName));
        break;
      case Step::kJoin:
        if (answered) break;
        waiter = std::make_unique<TestWaiter>(reactor, 1);
        answered |= has_news(*waiter->join(kName.app(), "", cursor, kStart));
        break;
      case Step::kRest:
        if (answered) {
          waiter.reset();
        } else {
          waiter->rest(node.now + seconds(30));
        }
        break;
      case Step::kChange:
        wake = node.put(kName).wake;
        break;
      case Step::kMark:
        reactor.deliver(wake);
        break;
      case Step::kFlush:
        reactor.hub.flush(node.now);
        break;
    }
  }
  const bool woken = waiter && !waiter->woken.empty();
  std::string text;
  for (const Step s : order) text += std::to_string(static_cast<int>(s));
  EXPECT_TRUE(answered || woken) << "lost in order " << text << " known " << starts_known;
}

void interleave(std::vector<Step> done, std::vector<Step> client, std::vector<Step> writer) {
  if (client.empty() && writer.empty()) {
    for (const bool starts_known : {true, false}) play(done, starts_known);
    return;
  }
  for (std::vector<Step>* side : {&client, &writer}) {
    if (side->empty()) continue;
    // Joining and resting are one turn of the loop, and so is no flush of the same reactor between them.
    if (side == &writer && writer.front() == Step::kFlush && !done.empty() && client.size() == 1) continue;
    std::vector<Step> next = done, c = client, w = writer;
    next.push_back(side->front());
    (side == &client ? c : w).erase((side == &client ? c : w).begin());
    interleave(next, c, w);
  }
}

TEST(PollHubInterleavings, NoChangeIsLostBetweenLookAndJoin) {
  interleave({}, {Step::kLook, Step::kJoin, Step::kRest}, {Step::kChange, Step::kMark, Step::kFlush});
}

}  // namespace
}  // namespace discovery::registry
