#include "base/intrusive_list.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

namespace discovery {
namespace {

struct Red;
struct Blue;

struct Item : ListNode<Red>, ListNode<Blue> {
  explicit Item(int v) : value(v) {}
  int value;
};
using RedList = IntrusiveList<Item, Red>;
using BlueList = IntrusiveList<Item, Blue>;

template <class List>
std::vector<int> values(List& list) {
  std::vector<int> out;
  list.for_each([&](Item& i) { out.push_back(i.value); });
  return out;
}
bool in_red(const Item& i) { return static_cast<const ListNode<Red>&>(i).linked(); }
void leave_red(Item& i) { static_cast<ListNode<Red>&>(i).unlink(); }

TEST(IntrusiveList, KeepsTheOrderOfInsertion) {
  Item a(1), b(2), c(3);
  RedList list;
  EXPECT_TRUE(list.empty());
  list.push_back(a);
  list.push_back(b);
  list.push_back(c);
  EXPECT_FALSE(list.empty());
  EXPECT_EQ(list.front().value, 1);
  EXPECT_EQ(values(list), (std::vector<int>{1, 2, 3}));
}

TEST(IntrusiveList, PopFrontUnlinks) {
  Item a(1), b(2);
  RedList list;
  list.push_back(a);
  list.push_back(b);
  EXPECT_EQ(&list.pop_front(), &a);
  EXPECT_FALSE(in_red(a));
  EXPECT_EQ(&list.pop_front(), &b);
  EXPECT_TRUE(list.empty());
}

TEST(IntrusiveList, UnlinkTakesOutFrontMiddleAndBack) {
  Item a(1), b(2), c(3), d(4);
  RedList list;
  for (Item* i : {&a, &b, &c, &d}) list.push_back(*i);
  leave_red(b);
  EXPECT_EQ(values(list), (std::vector<int>{1, 3, 4}));
  leave_red(a);
  leave_red(d);
  EXPECT_EQ(values(list), std::vector<int>{3});
  leave_red(c);
  EXPECT_TRUE(list.empty());
  leave_red(c);  // a node that is in no list may be asked again
  EXPECT_FALSE(in_red(c));
}

TEST(IntrusiveList, ANodeMayComeBack) {
  Item a(1), b(2);
  RedList list;
  list.push_back(a);
  list.push_back(b);
  leave_red(a);
  list.push_back(a);
  EXPECT_EQ(values(list), (std::vector<int>{2, 1}));
}

TEST(IntrusiveList, ListsOfDifferentTagsDoNotTouch) {
  Item a(1), b(2);
  RedList red;
  BlueList blue;
  red.push_back(a);
  red.push_back(b);
  blue.push_back(b);
  leave_red(b);
  EXPECT_EQ(values(red), std::vector<int>{1});
  EXPECT_EQ(values(blue), std::vector<int>{2});
}

TEST(IntrusiveList, ADestroyedItemLeavesAllItsLists) {
  RedList red;
  BlueList blue;
  Item a(1), c(3);
  {
    Item b(2);
    for (Item* i : {&a, &b, &c}) red.push_back(*i);
    blue.push_back(b);
  }
  EXPECT_EQ(values(red), (std::vector<int>{1, 3}));
  EXPECT_TRUE(blue.empty());
}

TEST(IntrusiveList, ADestroyedListLeavesItsItemsUnlinked) {
  Item a(1), b(2);
  {
    RedList list;
    list.push_back(a);
    list.push_back(b);
  }
  EXPECT_FALSE(in_red(a));
  EXPECT_FALSE(in_red(b));
  RedList next;
  next.push_back(b);
  EXPECT_EQ(values(next), std::vector<int>{2});
}

TEST(IntrusiveList, ClearUnlinksAndLeavesAUsableList) {
  Item a(1), b(2);
  RedList list;
  list.push_back(a);
  list.push_back(b);
  list.clear();
  EXPECT_TRUE(list.empty());
  EXPECT_FALSE(in_red(a));
  list.push_back(b);
  EXPECT_EQ(values(list), std::vector<int>{2});
}

TEST(IntrusiveList, AppendMovesEverythingToTheEnd) {
  Item a(1), b(2), c(3), d(4);
  RedList first, second;
  first.push_back(a);
  first.push_back(b);
  second.push_back(c);
  second.push_back(d);
  first.append(second);
  EXPECT_EQ(values(first), (std::vector<int>{1, 2, 3, 4}));
  EXPECT_TRUE(second.empty());
  second.push_back(*std::make_unique<Item>(9));  // gone at the end of the statement
  EXPECT_TRUE(second.empty());
  leave_red(c);
  EXPECT_EQ(values(first), (std::vector<int>{1, 2, 4}));
}

TEST(IntrusiveList, AppendOfAndToEmptyLists) {
  Item a(1);
  RedList full, empty, other;
  full.push_back(a);
  full.append(empty);
  EXPECT_EQ(values(full), std::vector<int>{1});
  other.append(full);
  EXPECT_EQ(values(other), std::vector<int>{1});
  EXPECT_TRUE(full.empty());
  full.append(empty);
  EXPECT_TRUE(full.empty());
}

TEST(IntrusiveList, ForEachMayUnlinkTheElementItIsGiven) {
  std::vector<std::unique_ptr<Item>> items;
  RedList list;
  for (int i = 0; i < 6; ++i) {
    items.push_back(std::make_unique<Item>(i));
    list.push_back(*items.back());
  }
  list.for_each([](Item& i) {
    if (i.value % 2 == 0) leave_red(i);
  });
  EXPECT_EQ(values(list), (std::vector<int>{1, 3, 5}));
  list.for_each([&](Item& i) { items[static_cast<size_t>(i.value)].reset(); });  // destroying it unlinks it
  EXPECT_TRUE(list.empty());
}

}  // namespace
}  // namespace discovery
