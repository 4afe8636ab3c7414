// What comes from other nodes while clients ask.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "unit/keyspace/keyspace_testing.h"

namespace discovery::keyspace {
namespace {

TEST(KeyspaceThreads, LeasesAreThereWhileTheirRecordComes) {
  Node a(1), b(2);
  constexpr size_t kLeases = 3000;
  std::vector<LeaseId> ids;
  std::vector<std::string> records;
  for (size_t i = 0; i < kLeases; ++i) {
    ids.push_back(a.grant(seconds(60)));
    records.push_back(a.record_bytes(record_of_lease(ids.back()).view()));
  }
  std::atomic<size_t> asked{0};
  std::thread arrives([&] {
    for (size_t i = 0; i < kLeases; ++i) {
      while (asked.load() <= i) std::this_thread::yield();
      b.join(records[i]);
    }
  });
  size_t lost = 0;
  for (const LeaseId id : ids) {
    const size_t now = asked.fetch_add(1);
    for (std::atomic<size_t> spins = 0; spins < now % 1500;) ++spins;  // so that the two meet at every point
    if (!b.keys.keep_alive(id, "", b.now) || !b.keys.lease(id, false, b.now)) ++lost;
  }
  arrives.join();
  EXPECT_EQ(lost, 0U);
}

}  // namespace
}  // namespace discovery::keyspace
