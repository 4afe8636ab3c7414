// What watch tells of two lists.
#include "ctl/list_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace discovery::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

client::Instance instance(const std::string& zone, const std::string& host, const std::string& version = "v1") {
  client::Instance i;
  i.zone = zone;
  i.hostname = host;
  i.version = version;
  i.addrs = {"http://10.0.0.1:80"};
  return i;
}
client::InstanceList list(std::vector<client::Instance> instances) {
  client::InstanceList l;
  l.instances = std::move(instances);
  return l;
}
std::vector<std::string> texts(const client::InstanceList& before, const client::InstanceList& now) {
  std::vector<std::string> all;
  for (const ListChange& c : changes_between(before, now)) all.push_back(change_text(c));
  return all;
}

TEST(ListChanges, AddedRemovedAndChanged) {
  const auto before = list({instance("z1", "a"), instance("z1", "b"), instance("z2", "a")});
  const auto now = list({instance("z1", "b", "v2"), instance("z1", "c"), instance("z2", "a")});
  EXPECT_THAT(texts(before, now), ElementsAre("- z1 a v1 http://10.0.0.1:80", "~ z1 b v2 http://10.0.0.1:80",
                                              "+ z1 c v1 http://10.0.0.1:80"));
  EXPECT_THAT(texts(now, now), IsEmpty());
  EXPECT_EQ(texts({}, now).size(), 3U);
  EXPECT_EQ(texts(now, {}).size(), 3U);
}

TEST(ListChanges, TimestampsAloneAreNone) {
  auto renewed = instance("z1", "a");
  renewed.renew_timestamp_ns = 5;
  EXPECT_THAT(texts(list({instance("z1", "a")}), list({renewed})), IsEmpty());
}

TEST(ListChanges, NamesPlayNoTricks) {
  EXPECT_THAT(texts({}, list({instance("z1", "a\x1b[2J\n")})),
              ElementsAre("+ z1 a\\u001b[2J\\u000a v1 http://10.0.0.1:80"));
  EXPECT_EQ(change_json({ListChange::Kind::kRemoved, instance("z1", "a")}).at("change"), "removed");
}

}  // namespace
}  // namespace discovery::ctl
