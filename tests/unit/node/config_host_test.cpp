#include "node/config_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "unit/node/temp_folder.h"

namespace discovery::node {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(HostFacts, KnowThisMachine) {
  const HostFacts facts = read_host_facts();
  EXPECT_GE(facts.processors, 1U);
  EXPECT_GT(facts.memory_bytes, 1U << 20);
  EXPECT_GE(facts.descriptors_max, 3U);
  EXPECT_FALSE(facts.hostname.empty());
}

TEST(HostFacts, TakeTheSmallestLimitOfAllGroupsAbove) {
  TempFolder root;
  root.write("proc/meminfo", "MemFree: 5 kB\nMemTotal:        8388608 kB\n");
  root.write("proc/self/cgroup", "12:cpu:/x\n0::/system.slice/discoveryd.service\n");
  root.write("sys/fs/cgroup/system.slice/discoveryd.service/memory.max", "max\n");
  root.write("sys/fs/cgroup/system.slice/memory.max", "1073741824\n");
  root.write("sys/fs/cgroup/system.slice/discoveryd.service/cpu.max", "50000 100000\n");
  const HostFacts facts = read_host_facts(root.path());
  EXPECT_EQ(facts.memory_bytes, 1073741824U);
  EXPECT_EQ(facts.processors, 1U);
}

TEST(HostFacts, InsideAContainerTheGroupIsTheRoot) {
  TempFolder root;
  root.write("proc/meminfo", "MemTotal: 8388608 kB\n");
  root.write("proc/self/cgroup", "0::/\n");
  root.write("sys/fs/cgroup/memory.max", "2147483648\n");
  EXPECT_EQ(read_host_facts(root.path()).memory_bytes, 2147483648U);
}

TEST(HostFacts, KnowTheOlderGroups) {
  TempFolder root;
  root.write("proc/meminfo", "MemTotal: 8388608 kB\n");
  root.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "3221225472\n");
  EXPECT_EQ(read_host_facts(root.path()).memory_bytes, 3221225472U);
}

TEST(HostFacts, GarbageIsNoLimit) {
  TempFolder root;
  root.write("proc/meminfo", "MemTotal: 1024 kB\n");
  root.write("proc/self/cgroup", "0::/../../..\n\n0::");
  root.write("sys/fs/cgroup/memory.max", "nonsense");
  root.write("sys/fs/cgroup/cpu.max", "max 100000");
  EXPECT_EQ(read_host_facts(root.path()).memory_bytes, 1048576U);
  EXPECT_GE(read_host_facts(root.path()).processors, 1U);
  EXPECT_EQ(read_host_facts(root.path() + "/nowhere").memory_bytes, 0U);
}

TEST(Environment, TakesTheFirstOfAName) {
  const std::array<const char*, 6> entries{"A=1", "B=", "A=2", "C=x=y", "nonsense", nullptr};
  EXPECT_THAT(read_environment(entries.data()), ElementsAre(Pair("A", "1"), Pair("B", ""), Pair("C", "x=y")));
  EXPECT_TRUE(read_environment(nullptr).empty());
}

}  // namespace
}  // namespace discovery::node
