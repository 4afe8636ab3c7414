#include "registry/record_codec.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/random.h"

namespace discovery::registry {
namespace {

using std::chrono::seconds;

constexpr uint64_t kSeed = 20261120;

Record small() {
  Record r;
  r.app = {"dev", "shop.cart"};
  r.text.zone = "z1";
  r.text.hostname = "h1";
  return r;
}

/// Every field has a value of its own.
Record full() {
  Record r = small();
  r.text.region = "region";
  r.text.version = "1.2";
  r.text.addrs_json = R"(["http://10.0.0.1:80"])";
  r.text.metadata_json = R"({"weight":"10"})";
  r.version = {{1700000000000000001, 7, false, 9}, {1700000000000000002, 8}};
  r.reg_ns = 1700000000000000003;
  r.up_ns = -4;
  r.dirty_ns = std::numeric_limits<int64_t>::max();
  r.latest_ns = std::numeric_limits<int64_t>::min();
  r.status = 2;
  r.hidden = true;
  r.app_latest_ns = 1700000000000000005;
  r.home_age = seconds(3);
  r.hidden_age = seconds(200);
  return r;
}

std::string encoded(const Record& record) {
  std::string out;
  append_record(out, record);
  return out;
}

std::string varint(uint64_t v) {
  std::string out;
  for (; v >= 0x80; v >>= 7) out.push_back(static_cast<char>(v | 0x80));
  out.push_back(static_cast<char>(v));
  return out;
}
std::string field(uint64_t tag, std::string_view value) {
  return varint(tag) + varint(value.size()) + std::string(value);
}
std::string whole(std::string_view fields) { return varint(fields.size()) + std::string(fields); }
const std::string& names() {
  static const std::string kNames = field(1, "dev") + field(2, "shop.cart") + field(3, "z1") + field(4, "h1");
  return kNames;
}
bool reads(std::string_view bytes) { return read_record(bytes).has_value(); }

void expect_equal(const Record& a, const Record& b) {
  EXPECT_EQ(a.app, b.app);
  EXPECT_EQ(a.text.zone, b.text.zone);
  EXPECT_EQ(a.text.hostname, b.text.hostname);
  EXPECT_EQ(a.text.region, b.text.region);
  EXPECT_EQ(a.text.version, b.text.version);
  EXPECT_EQ(a.text.addrs_json, b.text.addrs_json);
  EXPECT_EQ(a.text.metadata_json, b.text.metadata_json);
  EXPECT_EQ(a.text.extension, b.text.extension);
  EXPECT_EQ(a.version, b.version);
  EXPECT_EQ(a.reg_ns, b.reg_ns);
  EXPECT_EQ(a.up_ns, b.up_ns);
  EXPECT_EQ(a.dirty_ns, b.dirty_ns);
  EXPECT_EQ(a.latest_ns, b.latest_ns);
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.hidden, b.hidden);
  EXPECT_EQ(a.app_latest_ns, b.app_latest_ns);
  EXPECT_EQ(a.home_age, b.home_age);
  EXPECT_EQ(a.hidden_age, b.hidden_age);
}

void expect_round_trip(const Record& record) {
  const std::string bytes = encoded(record) + "behind";
  std::string_view rest = bytes;
  const auto read = read_record(rest);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(rest, "behind");
  expect_equal(*read, record);
  EXPECT_EQ(encoded(*read) + "behind", bytes);
}

TEST(RecordCodec, KeepsEveryField) { expect_round_trip(full()); }

TEST(RecordCodec, LeavesDefaultValuesOut) {
  expect_round_trip(small());
  EXPECT_EQ(encoded(small()), whole(names()));
}

TEST(RecordCodec, KeepsAnAgeOfZero) {
  Record r = small();
  r.home_age = seconds(0);
  expect_round_trip(r);
  EXPECT_NE(encoded(r), encoded(small()));
}

TEST(RecordCodec, TakesAnAgeFromTheFutureForZero) {
  Record r = small();
  r.home_age = seconds(-5);
  r.hidden_age = seconds(-5);
  const std::string bytes = encoded(r);
  std::string_view rest = bytes;
  const auto read = read_record(rest);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->home_age, Duration(0));
  EXPECT_EQ(read->hidden_age, Duration(0));
}

TEST(RecordCodec, KeepsOfATombstoneOnlyItsNames) {
  Record r = full();
  r.version.incarnation.tombstone = true;
  const std::string bytes = encoded(r);
  std::string_view rest = bytes;
  const auto read = read_record(rest);
  ASSERT_TRUE(read.has_value());
  r.text.region = r.text.version = r.text.addrs_json = r.text.metadata_json = {};
  expect_equal(*read, r);
}

TEST(RecordCodec, RefusesATombstoneWithContent) {
  const std::string tombstone = names() + field(7, "\1");
  EXPECT_TRUE(reads(whole(tombstone)));
  for (uint64_t tag = 11; tag <= 14; ++tag) EXPECT_FALSE(reads(whole(tombstone + field(tag, "x")))) << tag;
}

TEST(RecordCodec, PassesUnknownFieldsOn) {
  const std::string newer = whole(names() + field(19, "\1") + field(100, "abc") + field(101, ""));
  std::string_view rest = newer;
  auto read = read_record(rest);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->status, 1U);
  EXPECT_EQ(read->text.extension, field(100, "abc") + field(101, ""));
  EXPECT_EQ(encoded(*read), newer);
  read->status = 2;  // changed here
  EXPECT_EQ(encoded(*read), whole(names() + field(19, "\2") + field(100, "abc") + field(101, "")));
}

TEST(RecordCodec, ReadsOneAfterTheOther) {
  const std::string bytes = encoded(full()) + encoded(small());
  std::string_view rest = bytes;
  const auto first = read_record(rest);
  const auto second = read_record(rest);
  ASSERT_TRUE(first.has_value() && second.has_value());
  expect_equal(*first, full());
  expect_equal(*second, small());
  EXPECT_TRUE(rest.empty());
  EXPECT_FALSE(read_record(rest).has_value());
}

TEST(RecordCodec, RefusesEveryTruncationAndTakesNothing) {
  const std::string bytes = encoded(full());
  for (size_t n = 0; n < bytes.size(); ++n) {
    const std::string cut = bytes.substr(0, n);  // an own block, so that reading past it is seen by ASan
    std::string_view rest = cut;
    const auto read = read_record(rest);
    ASSERT_FALSE(read.has_value()) << n;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(rest, cut);
  }
}

TEST(RecordCodec, SurvivesEveryFlippedBit) {
  const std::string bytes = encoded(full()) + field(100, "x");
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string bad = bytes;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    std::string_view rest = bad;
    const auto read = read_record(rest);
    if (read) {
      EXPECT_EQ(encoded(*read), bad.substr(0, bad.size() - rest.size())) << "bit " << bit;
    }
  }
}

TEST(RecordCodec, GivesBackWhatItTookOfRandomBytes) {
  SeededRandom random(kSeed);
  int taken = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string fields = names();
    for (uint64_t tag = 5; tag < 26; tag += 1 + random.below(8)) {
      std::string value;
      for (uint64_t n = 1 + random.below(2); n > 0; --n) value.push_back(static_cast<char>(random.below(160)));
      fields += field(tag, value);
    }
    const std::string bytes = whole(fields);
    std::string_view rest = bytes;
    const auto read = read_record(rest);
    if (!read) continue;
    ++taken;
    ASSERT_EQ(encoded(*read), bytes) << "seed " << kSeed << " round " << i;
  }
  EXPECT_GT(taken, 1000);
}

TEST(RecordCodec, RefusesFieldsOutOfOrderOrTwice) {
  EXPECT_FALSE(reads(whole(names() + field(19, "\1") + field(18, "\1"))));
  EXPECT_FALSE(reads(whole(names() + field(19, "\1") + field(19, "\1"))));
  EXPECT_FALSE(reads(whole(names() + field(101, "") + field(100, ""))));
  EXPECT_FALSE(reads(whole(names() + field(100, "") + field(100, ""))));
  EXPECT_FALSE(reads(whole(names() + field(100, "") + field(19, "\1"))));
  EXPECT_FALSE(reads(whole(field(0, "") + names())));
}

TEST(RecordCodec, RefusesASecondFormOfTheSame) {
  EXPECT_FALSE(reads(whole(names() + field(19, std::string("\0", 1)))));      // a default value
  EXPECT_FALSE(reads(whole(names() + field(19, std::string("\x81\0", 2)))));  // longer than needed
  EXPECT_FALSE(reads(whole(names() + field(19, "\1\1"))));                    // bytes behind the number
  EXPECT_FALSE(reads(whole(names() + field(19, ""))));
  EXPECT_FALSE(reads(whole(names() + field(11, ""))));
  const std::string fields = names();
  std::string long_length(1, static_cast<char>(fields.size() | 0x80));
  long_length.push_back('\0');
  EXPECT_FALSE(reads(long_length + fields));
}

TEST(RecordCodec, RefusesNumbersThatDoNotFit) {
  EXPECT_TRUE(reads(whole(names() + field(6, varint(UINT16_MAX)))));
  EXPECT_FALSE(reads(whole(names() + field(6, varint(UINT16_MAX + 1)))));
  EXPECT_TRUE(reads(whole(names() + field(8, varint(UINT32_MAX)))));
  EXPECT_FALSE(reads(whole(names() + field(8, varint(uint64_t{UINT32_MAX} + 1)))));
  EXPECT_TRUE(reads(whole(names() + field(10, varint(UINT16_MAX)))));
  EXPECT_FALSE(reads(whole(names() + field(10, varint(UINT16_MAX + 1)))));
  EXPECT_TRUE(reads(whole(names() + field(19, varint(UINT32_MAX)))));
  EXPECT_FALSE(reads(whole(names() + field(19, varint(uint64_t{UINT32_MAX} + 1)))));
  EXPECT_TRUE(reads(whole(names() + field(20, "\1"))));
  EXPECT_FALSE(reads(whole(names() + field(20, "\2"))));
  EXPECT_FALSE(reads(whole(names() + field(7, "\2"))));
  EXPECT_TRUE(reads(whole(names() + field(18, varint(UINT64_MAX)))));
  EXPECT_FALSE(reads(whole(names() + field(18, std::string(9, '\xff') + "\2"))));
  EXPECT_TRUE(reads(whole(names() + field(22, varint(INT64_MAX / 2)))));
  EXPECT_FALSE(reads(whole(names() + field(22, varint(INT64_MAX / 2 + 1)))));
  EXPECT_TRUE(reads(whole(names() + field(23, varint(INT64_MAX / 2)))));
  EXPECT_FALSE(reads(whole(names() + field(23, varint(INT64_MAX / 2 + 1)))));
}

TEST(RecordCodec, RefusesAVersionBeforeTheEpoch) {
  for (const uint64_t tag : {uint64_t{5}, uint64_t{9}}) {
    EXPECT_TRUE(reads(whole(names() + field(tag, varint(UINT64_MAX - 1)))));  // the largest
    EXPECT_FALSE(reads(whole(names() + field(tag, varint(UINT64_MAX)))));     // the smallest
    EXPECT_FALSE(reads(whole(names() + field(tag, "\1"))));                   // -1
  }
}

TEST(RecordCodec, CapsAnAgePastAllMeasure) {
  Record r = small();
  r.home_age = r.hidden_age = Duration::max();
  EXPECT_TRUE(reads(encoded(r)));
}

TEST(RecordCodec, NeedsAllFourNames) {
  EXPECT_TRUE(reads(whole(field(1, "e") + field(2, "a") + field(3, "z") + field(4, "h"))));
  EXPECT_FALSE(reads(whole(field(2, "a") + field(3, "z") + field(4, "h"))));
  EXPECT_FALSE(reads(whole(field(1, "e") + field(3, "z") + field(4, "h"))));
  EXPECT_FALSE(reads(whole(field(1, "e") + field(2, "a") + field(4, "h"))));
  EXPECT_FALSE(reads(whole(field(1, "e") + field(2, "a") + field(3, "z"))));
  EXPECT_FALSE(reads(whole("")));
}

TEST(RecordCodec, BoundsEachName) {
  const std::string most(kNameBytesMax, 'n');
  const std::string more = most + "n";
  for (int which = 0; which < 4; ++which) {
    Record r = small();
    std::string_view* name[] = {&r.app.env, &r.app.appid, &r.text.zone, &r.text.hostname};
    *name[which] = most;
    expect_round_trip(r);
    *name[which] = more;
    EXPECT_FALSE(reads(encoded(r))) << which;
  }
}

TEST(RecordCodec, BoundsTheExtension) {
  const std::string most = field(100, std::string(kExtensionBytesMax - 3, 'x'));
  ASSERT_EQ(most.size(), kExtensionBytesMax);
  EXPECT_TRUE(reads(whole(names() + most)));
  EXPECT_FALSE(reads(whole(names() + field(100, std::string(kExtensionBytesMax - 2, 'x')))));
  EXPECT_FALSE(reads(whole(names() + most + field(101, ""))));
}

TEST(RecordCodec, BoundsTheWhole) {
  const size_t around = names().size() + 1 + 4;  // the tag of the metadata and a length of four bytes
  const std::string most = whole(names() + field(14, std::string(kRecordBytesMax - around, 'm')));
  EXPECT_TRUE(reads(most));
  EXPECT_FALSE(reads(whole(names() + field(14, std::string(kRecordBytesMax - around + 1, 'm')))));
  EXPECT_FALSE(reads(varint(UINT64_MAX) + names()));
}

}  // namespace
}  // namespace discovery::registry
