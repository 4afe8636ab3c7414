#include "keyspace/record_names.h"

#include <gtest/gtest.h>

#include "keyspace/lease_id.h"

namespace discovery::keyspace {
namespace {

using std::chrono::seconds;

std::optional<std::string> key_of(const RecordName& name) { return key_of_record(name.appid, name.hostname); }

TEST(RecordNames, GiveTheKeyBack) {
  for (const std::string& key : {std::string("a"), std::string("/micro/registry/a b/%41"),
                                 std::string("\0\xff\x7f~", 4), std::string(1024, 'k')}) {
    EXPECT_TRUE(is_storable_key(key));
    EXPECT_EQ(key_of(record_of_key(key)), key);
  }
}

// A record of another name that stood for the same key could not be deleted by it.
TEST(RecordNames, AreOneForEachKey) {
  const RecordName name = record_of_key("a%b");
  EXPECT_EQ(name.hostname, "a%25b");
  EXPECT_EQ(key_of_record(name.appid == "keys-00" ? "keys-01" : "keys-00", name.hostname), std::nullopt)
      << "its bucket";
  EXPECT_EQ(key_of_record(record_of_key("A").appid, "%41"), std::nullopt) << "escaped without need";
  EXPECT_EQ(key_of_record(name.appid, "a%b"), std::nullopt);
  EXPECT_EQ(key_of_record(name.appid, "a%2"), std::nullopt);
  EXPECT_EQ(key_of_record(record_of_key("a b").appid, "a b"), std::nullopt) << "not escaped";
  EXPECT_EQ(key_of_record("keys-", "a"), std::nullopt);
  EXPECT_EQ(key_of_record("leases", "a"), std::nullopt);
  EXPECT_EQ(key_of_record("keys-00", ""), std::nullopt);
}

TEST(RecordNames, AreOneForEachLease) {
  const RecordName name = record_of_lease(0xabc);
  EXPECT_EQ(name.hostname, "0000000000000abc");
  EXPECT_EQ(lease_of_record(name.appid, name.hostname), 0xabc);
  for (const char* other : {"0000000000000ABC", "abc", "0000000000000000", "8000000000000000", "+000000000000abc"}) {
    EXPECT_EQ(lease_of_record(name.appid, other), std::nullopt) << other;
  }
  EXPECT_EQ(lease_of_record("keys-00", name.hostname), std::nullopt);
}

TEST(LeaseIds, TellNoLengthWhoseEndIsNoTime) {
  LeaseIds ids(1);
  const TimePoint now = from_wire_ns(1'700'000'000'000'000'000);
  EXPECT_EQ(facts_of(ids.next(kLeaseMax, now)).length, kLeaseMax);
  EXPECT_EQ(facts_of(ids.next(seconds(20'000), now)).length, seconds(32'768)) << "rounded up";
  for (int64_t length = 0; length < 1 << lease_bits::kLength; ++length) {
    EXPECT_LE(facts_of(length << (lease_bits::kNode + lease_bits::kSequence)).length, kLeaseMax);
  }
}

}  // namespace
}  // namespace discovery::keyspace
