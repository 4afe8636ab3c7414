// The parts of the cluster that are only tables: queue, log, slots, posts, and the start.
#include <gtest/gtest.h>

#include "cluster/dirty_queue.h"
#include "cluster/lease_log.h"
#include "cluster/post_box.h"
#include "cluster/slot_table.h"
#include "cluster/start_up.h"

namespace discovery::cluster {
namespace {

using registry::RecordRef;
using std::chrono::milliseconds;
using std::chrono::seconds;
constexpr TimePoint kStart = from_wire_ns(1'700'000'000'000'000'000);
TimePoint at(int64_t s) { return kStart + seconds(s); }

// ------------------------------------------------------------------------------------------------------ DirtyQueue

TEST(DirtyQueue, ARecordWaitsOnceAtItsFirstPlace) {
  DirtyQueue q(10);
  EXPECT_TRUE(q.add({{1, 1}, at(0)}));
  EXPECT_TRUE(q.add({{2, 1}, at(1)}));
  EXPECT_TRUE(q.add({{1, 1}, at(2)}));
  EXPECT_EQ(q.size(), 2U);
  EXPECT_EQ(q.oldest(), at(0));
  EXPECT_EQ(q.pop().ref, (RecordRef{1, 1}));
  EXPECT_EQ(q.oldest(), at(1));
  EXPECT_TRUE(q.add({{1, 1}, at(3)}));  // sent and changed again
  EXPECT_EQ(q.pop().ref, (RecordRef{2, 1}));
  EXPECT_EQ(q.pop().ref, (RecordRef{1, 1}));
  EXPECT_TRUE(q.empty());
}

TEST(DirtyQueue, OneMoreThanItHoldsEmptiesIt) {
  DirtyQueue q(4);
  for (uint32_t slot = 0; slot < 4; ++slot) EXPECT_TRUE(q.add({{slot, 1}, at(0)}));
  EXPECT_TRUE(q.add({{3, 1}, at(0)}));  // not one more
  EXPECT_EQ(q.size(), 4U);
  EXPECT_FALSE(q.add({{4, 1}, at(0)}));
  EXPECT_TRUE(q.empty());
  EXPECT_TRUE(q.add({{3, 1}, at(5)}));
  EXPECT_EQ(q.size(), 1U);
  EXPECT_EQ(q.oldest(), at(5));
}

TEST(DirtyQueue, ASlotTakenByAnotherRecordIsAnotherRecord) {
  DirtyQueue q(10);
  q.add({{1, 1}, at(0)});
  q.add({{1, 2}, at(1)});
  EXPECT_EQ(q.size(), 2U);
  EXPECT_EQ(q.pop().ref, (RecordRef{1, 1}));
  EXPECT_TRUE(q.add({{1, 2}, at(2)}));  // waits already
  EXPECT_EQ(q.size(), 1U);
  EXPECT_EQ(q.pop().ref, (RecordRef{1, 2}));
  EXPECT_TRUE(q.add({{1, 2}, at(3)}));
  EXPECT_EQ(q.size(), 1U);
}

TEST(DirtyQueue, WhoMustPassItOnIsNotForgotten) {
  DirtyQueue q(10);
  q.add({{1, 1}, at(0), false});
  q.add({{1, 1}, at(1), true});
  q.add({{2, 1}, at(2), true});
  q.add({{2, 1}, at(3), false});
  q.add({{3, 1}, at(4), false});
  EXPECT_TRUE(q.pop().pass_on);
  EXPECT_TRUE(q.pop().pass_on);
  EXPECT_FALSE(q.pop().pass_on);
}

// ------------------------------------------------------------------------------------------------------ LeaseLog

std::vector<uint32_t> slots_after(const LeaseLog& log, TimePoint from, bool& whole) {
  std::vector<RecordRef> refs;
  whole = log.collect(from, refs);
  std::vector<uint32_t> slots;
  for (const RecordRef& r : refs) slots.push_back(r.slot);
  return slots;
}

TEST(LeaseLog, TellsTheUnionOfTheTicksAfterAMoment) {
  LeaseLog log(kStart, seconds(1));
  log.append({{1, 1}}, false, at(1));
  log.append({{2, 1}}, false, at(2));
  log.append({{3, 1}}, false, at(3));
  bool whole = false;
  EXPECT_EQ(slots_after(log, at(0), whole), (std::vector<uint32_t>{1, 2, 3}));
  EXPECT_TRUE(whole);
  EXPECT_EQ(slots_after(log, at(2), whole), (std::vector<uint32_t>{3}));
  EXPECT_TRUE(whole);
  EXPECT_EQ(slots_after(log, at(3), whole), (std::vector<uint32_t>{}));
  EXPECT_TRUE(whole);
  // In the middle of a tick: all of that tick, so nothing is missing.
  EXPECT_EQ(slots_after(log, at(1) + milliseconds(500), whole), (std::vector<uint32_t>{2, 3}));
  EXPECT_EQ(log.until(), at(3));
}

TEST(LeaseLog, CannotTellWhatWasBeforeItsStart) {
  LeaseLog log(kStart, seconds(1));
  log.append({{1, 1}}, false, at(1));
  bool whole = true;
  static_cast<void>(slots_after(log, kStart - seconds(1), whole));
  EXPECT_FALSE(whole);
}

TEST(LeaseLog, KeepsItsLimitOfTicks) {
  LeaseLog log(kStart, seconds(1));
  const auto n = static_cast<int64_t>(LeaseLog::kTicksMax);
  for (int64_t i = 1; i <= n; ++i) log.append({{static_cast<uint32_t>(i), 1}}, false, at(i));
  bool whole = false;
  EXPECT_EQ(slots_after(log, at(0), whole).size(), LeaseLog::kTicksMax);
  EXPECT_TRUE(whole);
  log.append({{99, 1}}, false, at(n + 1));
  static_cast<void>(slots_after(log, at(0), whole));
  EXPECT_FALSE(whole);
  EXPECT_EQ(slots_after(log, at(1), whole).size(), LeaseLog::kTicksMax);
  EXPECT_TRUE(whole);
}

TEST(LeaseLog, KeepsItsLimitOfEntries) {
  LeaseLog log(kStart, seconds(1));
  const std::vector<RecordRef> half(LeaseLog::kRefsMax / 2, RecordRef{1, 1});
  log.append(half, false, at(1));
  log.append(half, false, at(2));
  bool whole = false;
  static_cast<void>(slots_after(log, at(0), whole));
  EXPECT_TRUE(whole);
  log.append({{1, 1}}, false, at(3));
  static_cast<void>(slots_after(log, at(0), whole));
  EXPECT_FALSE(whole);
  static_cast<void>(slots_after(log, at(1), whole));
  EXPECT_TRUE(whole);
}

TEST(LeaseLog, ShortTicksAreOne) {
  LeaseLog log(kStart, seconds(1));
  for (int i = 1; i <= 30'000; ++i) log.append({{7, 1}}, false, kStart + milliseconds(i));
  bool whole = false;
  EXPECT_EQ(slots_after(log, at(0), whole).size(), 30'000U);
  EXPECT_TRUE(whole);
}

TEST(LeaseLog, BeginsAnewWhenSomethingWasLost) {
  LeaseLog log(kStart, seconds(1));
  log.append({{1, 1}}, false, at(1));
  log.append({{2, 1}}, true, at(2));
  log.append({{3, 1}}, false, at(3));
  bool whole = true;
  static_cast<void>(slots_after(log, at(1), whole));
  EXPECT_FALSE(whole);
  EXPECT_EQ(slots_after(log, at(2), whole), (std::vector<uint32_t>{3}));
  EXPECT_TRUE(whole);
}

// ------------------------------------------------------------------------------------------------------ SlotTable

TEST(SlotTable, KnowsWhatItWasToldByThatBoot) {
  SlotTable t;
  EXPECT_TRUE(t.advance(5, 100));
  t.define(3, {30, 1});
  EXPECT_EQ(t.at(3), (RecordRef{30, 1}));
  EXPECT_FALSE(t.at(2));
  EXPECT_FALSE(t.at(4));
  EXPECT_TRUE(t.advance(5, 101));
  EXPECT_TRUE(t.at(3));
  t.define(3, {});
  EXPECT_FALSE(t.at(3));
  t.define(3, {31, 1});
  EXPECT_TRUE(t.advance(6, 50));
  EXPECT_FALSE(t.at(3));
}

// A message that was overtaken, or comes twice, may speak of what a slot meant before.
TEST(SlotTable, DoesNotGoBack) {
  SlotTable t;
  EXPECT_TRUE(t.advance(5, 100));
  EXPECT_FALSE(t.advance(5, 100));
  EXPECT_FALSE(t.advance(5, 99));
  EXPECT_TRUE(t.advance(5, 101));
}

// ------------------------------------------------------------------------------------------------------ PostBox

Post post(const std::string& form) {
  Post p;
  p.form = form;
  return p;
}

TEST(PostBox, KeepsTheOrder) {
  PostBox box;
  for (int i = 0; i < 5; ++i) box.put(post(std::to_string(i)));
  bool overflowed = true;
  const auto all = box.take(overflowed);
  EXPECT_FALSE(overflowed);
  ASSERT_EQ(all.size(), 5U);
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(all[i].form, std::to_string(i));
  EXPECT_TRUE(box.take(overflowed).empty());
}

TEST(PostBox, HoldsItsLimitAndDropsAllAtOneMore) {
  PostBox box;
  bool overflowed = true;
  for (size_t i = 0; i < PostBox::kPostsMax; ++i) box.put(post("x"));
  EXPECT_EQ(box.take(overflowed).size(), PostBox::kPostsMax);
  EXPECT_FALSE(overflowed);
  for (size_t i = 0; i <= PostBox::kPostsMax; ++i) box.put(post("x"));
  EXPECT_TRUE(box.take(overflowed).empty());
  EXPECT_TRUE(overflowed);
  box.put(post("y"));
  EXPECT_EQ(box.take(overflowed).size(), 1U);
  EXPECT_FALSE(overflowed);
}

// ------------------------------------------------------------------------------------------------------ StartUp

struct Row {
  const char* what;
  bool recovered;
  StartUp::Others others;
  int64_t at_s;
  bool accepts;
  bool ready;
};

StartUp::Others others(size_t known, size_t greeted, size_t tried, size_t synced, size_t given_up, bool wait = false) {
  return {known, greeted, tried, synced, given_up, wait};
}

class StartUpRows : public testing::TestWithParam<Row> {};

TEST_P(StartUpRows, FollowTheTable) {
  const Row& row = GetParam();
  StartUp s;
  s.begin(row.recovered, kStart);
  s.update(row.others, at(row.at_s));
  EXPECT_EQ(s.accepts_writes(), row.accepts) << row.what;
  EXPECT_EQ(s.ready(), row.ready) << row.what;
}

// replication.md 2.3 (version clock) and 3.3 (start-up).
INSTANTIATE_TEST_SUITE_P(
    StartUp, StartUpRows,
    testing::Values(
        Row{"alone", false, others(0, 0, 0, 0, 0), 0, true, true},
        Row{"alone, though the original's minute is asked for", false, others(0, 0, 0, 0, 0, true), 0, true, true},
        Row{"nobody has answered yet", false, others(2, 0, 0, 0, 0), 0, false, false},
        Row{"one has, the other not", false, others(2, 1, 1, 0, 0), 1, false, false},
        Row{"all have", false, others(2, 2, 2, 0, 0), 0, true, false},
        Row{"one has, the other cannot be reached", false, others(2, 1, 2, 0, 0), 0, true, false},
        Row{"none can be reached", false, others(2, 0, 2, 0, 0), 1, false, false},
        Row{"none for two seconds", false, others(2, 0, 2, 0, 0), 2, true, false},
        Row{"one synced, the other silent", false, others(2, 1, 2, 1, 0), 9, true, false},
        Row{"one synced, the other given up", false, others(2, 1, 2, 1, 1), 10, true, true},
        Row{"both synced", false, others(2, 2, 2, 2, 0), 0, true, true},
        Row{"both given up", false, others(2, 0, 2, 0, 2), 10, true, false},
        Row{"both given up, a second before the minute", false, others(2, 0, 2, 0, 2), 59, true, false},
        Row{"both given up for a minute", false, others(2, 0, 2, 0, 2), 60, true, true},
        Row{"a snapshot was loaded, nobody was asked yet", true, others(2, 0, 0, 0, 0), 1, true, false},
        Row{"a snapshot was loaded, and nobody answers for two seconds", true, others(2, 0, 0, 0, 0), 2, true, true},
        Row{"a snapshot was loaded, nobody is there", true, others(2, 0, 2, 0, 0), 0, true, true},
        Row{"a snapshot was loaded, one answers", true, others(2, 1, 2, 0, 0), 0, true, false},
        Row{"a snapshot was loaded, who answers is synced", true, others(2, 1, 2, 1, 0), 0, true, true},
        Row{"a snapshot was loaded, the minute is asked for", true, others(2, 0, 0, 0, 0, true), 0, true, false},
        Row{"the minute is asked for, and a sync was", true, others(2, 1, 2, 1, 1, true), 10, true, true},
        Row{"the minute is over", true, others(2, 0, 2, 0, 2, true), 60, true, true}));

TEST(StartUp, WhatWasSaidStays) {
  StartUp s;
  s.begin(false, kStart);
  EXPECT_TRUE(s.update(others(1, 1, 1, 1, 0), at(0)));
  EXPECT_FALSE(s.update(others(5, 0, 0, 0, 0), at(1)));
  EXPECT_TRUE(s.ready());
  EXPECT_TRUE(s.accepts_writes());
  EXPECT_EQ(s.next(at(1)), TimePoint::max());
}

TEST(StartUp, SaysWhenTimeAloneChangesSomething) {
  StartUp s;
  s.begin(false, kStart);
  s.update(others(1, 0, 0, 0, 0), at(0));
  EXPECT_EQ(s.next(at(0)), at(2));
  s.update(others(1, 0, 1, 0, 0), at(2));
  EXPECT_TRUE(s.accepts_writes());
  EXPECT_LE(s.next(at(2)), at(3));
}

}  // namespace
}  // namespace discovery::cluster
