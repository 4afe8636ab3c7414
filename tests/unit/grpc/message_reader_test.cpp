#include "grpc/message_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "unit/grpc/http2_client.h"

namespace discovery::grpc {
namespace {

using Step = MessageReader::Step;

struct Reading {
  explicit Reading(MessageLimits the_limits = {1'000, 10'000}, size_t all_max = 100'000)
      : limits(the_limits), all(all_max) {}
  ~Reading() {
    reader.release(budget);
    EXPECT_EQ(budget.used, 0u);
    EXPECT_EQ(all.used(), 0u);
  }
  /// Up to the first step that is no message.
  Step take(std::string_view bytes) {
    for (;;) {
      std::string_view message;
      const Step step = reader.next(bytes, message, limits, budget);
      if (step != Step::kMessage) return step;
      messages.emplace_back(message);
    }
  }
  MessageLimits limits;
  codec::PartialBytes all;
  PartialBudget budget{all};
  MessageReader reader;
  std::vector<std::string> messages;
};

TEST(MessageReader, ReadsSeveralMessagesInPlace) {
  Reading r;
  EXPECT_EQ(r.take(framed("one") + framed("") + framed("three")), Step::kNeedMore);
  EXPECT_EQ(r.messages, (std::vector<std::string>{"one", "", "three"}));
  EXPECT_FALSE(r.reader.within_message());
  EXPECT_EQ(r.budget.used, 0u);
}

TEST(MessageReader, MessagesMayBeCutAnywhere) {
  const std::string bytes = framed("first") + framed("") + framed(std::string(300, 'x')) + framed("last");
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    Reading r;
    EXPECT_EQ(r.take(bytes.substr(0, cut)), Step::kNeedMore);
    EXPECT_EQ(r.take(bytes.substr(cut)), Step::kNeedMore);
    EXPECT_EQ(r.messages, (std::vector<std::string>{"first", "", std::string(300, 'x'), "last"})) << cut;
  }
  Reading each;
  for (const char c : bytes) EXPECT_EQ(each.take({&c, 1}), Step::kNeedMore);
  EXPECT_EQ(each.messages.size(), 4u);
  EXPECT_FALSE(each.reader.within_message());
}

TEST(MessageReader, KnowsThatAMessageHasBegun) {
  Reading r;
  EXPECT_EQ(r.take(framed("ab").substr(0, 1)), Step::kNeedMore);
  EXPECT_TRUE(r.reader.within_message());
  EXPECT_EQ(r.take(framed("ab").substr(1)), Step::kNeedMore);
  EXPECT_FALSE(r.reader.within_message());
}

TEST(MessageReader, TakesTheLongestMessageAndNoLonger) {
  Reading r;
  EXPECT_EQ(r.take(framed(std::string(1'000, 'm'))), Step::kNeedMore);
  ASSERT_EQ(r.messages.size(), 1u);
  EXPECT_EQ(r.take(framed(std::string(1'001, 'm')).substr(0, 5)), Step::kTooLarge) << "told by its prefix alone";
  EXPECT_EQ(r.reader.announced(), 1'001u);
}

TEST(MessageReader, RefusesEveryFlagButNone) {
  for (int flag = 1; flag < 256; ++flag) {
    Reading r;
    EXPECT_EQ(r.take(framed("x", static_cast<char>(flag))), Step::kCompressed);
  }
}

TEST(MessageReader, HoldsWhatHasComeAndNotWhatIsAnnounced) {
  Reading r({100'000, 100'000});
  EXPECT_EQ(r.take(framed(std::string(100'000, 'm')).substr(0, 105)), Step::kNeedMore);
  EXPECT_LT(r.budget.used, 1'000u);
}

TEST(MessageReader, StaysWithinTheBudgets) {
  Reading own({1'000, 999});
  EXPECT_EQ(own.take(framed(std::string(1'000, 'm')).substr(0, 1'004)), Step::kNoRoom);
  Reading fits({1'000, 1'000});
  EXPECT_EQ(fits.take(framed(std::string(1'000, 'm')).substr(0, 1'004)), Step::kNeedMore);
  Reading everybodys({1'000, 10'000}, 999);
  EXPECT_EQ(everybodys.take(framed(std::string(1'000, 'm')).substr(0, 1'004)), Step::kNoRoom);
}

}  // namespace
}  // namespace discovery::grpc
