#include "protocol/discovery/record_check.h"

#include <gtest/gtest.h>

namespace discovery::protocol {
namespace {

registry::Record good() {
  registry::Record r;
  r.app = {"dev", "shop"};
  r.text = {"z", "h", "r", "v", R"(["http://1.2.3.4:80"])", R"({"weight":"10"})", ""};
  r.status = 1;
  return r;
}

TEST(RecordCheck, TakesWhatARegisterMakes) {
  EXPECT_TRUE(is_presentable(good()));
  auto r = good();
  r.text.addrs_json = "[]";
  r.text.metadata_json = "{}";
  r.status = 2;
  EXPECT_TRUE(is_presentable(r));
}

TEST(RecordCheck, RefusesAddressesThatAreNoArrayOfStrings) {
  for (const char* json : {"", "{}", "null", "[1]", "[[]]", R"(["a")", R"(["a"],1)", R"(["a"] ])", "[\"a\xff\"]"}) {
    auto r = good();
    r.text.addrs_json = json;
    EXPECT_FALSE(is_presentable(r)) << json;
  }
}

TEST(RecordCheck, RefusesMetadataThatIsNoObjectOfStrings) {
  for (const char* json : {"", "[]", "null", R"({"a":1})", R"({"a":{}})", R"({"a":"b")", R"({"a":"b"}x)"}) {
    auto r = good();
    r.text.metadata_json = json;
    EXPECT_FALSE(is_presentable(r)) << json;
  }
}

TEST(RecordCheck, RefusesOtherStatusesAndIllFormedNames) {
  for (const uint32_t status : {0U, 3U, 4U}) {
    auto r = good();
    r.status = status;
    EXPECT_FALSE(is_presentable(r));
  }
  auto r = good();
  r.text.hostname = "h\xff";
  EXPECT_FALSE(is_presentable(r));
}

TEST(RecordCheck, OfATombstoneOnlyTheNamesCount) {
  auto r = good();
  r.version.incarnation.tombstone = true;
  r.status = 0;
  r.text.addrs_json = r.text.metadata_json = "";
  EXPECT_TRUE(is_presentable(r));
  r.app.appid = "\xc0";
  EXPECT_FALSE(is_presentable(r));
}

}  // namespace
}  // namespace discovery::protocol
