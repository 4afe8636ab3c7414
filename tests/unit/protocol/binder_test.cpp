#include "protocol/discovery/binder.h"

#include <gtest/gtest.h>

#include <string>

namespace discovery::protocol {
namespace {

constexpr size_t kNameMax = 8;

/// Binds from a query; the text lives as long as the object.
struct Bound {
  explicit Bound(std::string text) : text_(std::move(text)) { EXPECT_TRUE(params_.add_urlencoded(text_, 10000)); }
  Binder binder() const { return {params_, "ArgTest", kNameMax}; }

 private:
  std::string text_;
  codec::Params params_;
};

std::string failure(Binder& bind) {
  const auto done = bind.finish();
  return done ? "" : done.error().message;
}

/// What binding `query` by `f` ends with, "" when it succeeds.
template <class F>
std::string failure_of(const std::string& query, F f) {
  const Bound b(query);
  Binder bind = b.binder();
  f(bind);
  return failure(bind);
}

TEST(Binder, TakesTheFirstValueOfText) {
  const Bound b("a=1&a=2&empty=&empty=x");
  Binder bind = b.binder();
  EXPECT_EQ(bind.text("a"), "1");
  EXPECT_EQ(bind.text("empty"), "") << "the first one counts, although it is empty";
  EXPECT_EQ(bind.text("none"), "");
  EXPECT_EQ(failure(bind), "");
}

TEST(Binder, ReadsUnsignedNumbers) {
  const auto read = [](const std::string& value) {
    const Bound b("n=" + value);
    Binder bind = b.binder();
    const uint32_t n = bind.required_u32("n", "N");
    EXPECT_EQ(failure(bind), "") << value;
    return n;
  };
  EXPECT_EQ(read("1"), 1U);
  EXPECT_EQ(read("007"), 7U);
  EXPECT_EQ(read("4294967295"), 4294967295U);
}

TEST(Binder, RefusesWhatIsNoUnsignedNumber) {
  const auto read = [](const std::string& value) {
    return failure_of("n=" + value, [](Binder& b) { b.required_u32("n", "N"); });
  };
  EXPECT_EQ(read("x"), R"(strconv.ParseUint: parsing "x": invalid syntax)");
  EXPECT_EQ(read("%2B1"), R"(strconv.ParseUint: parsing "+1": invalid syntax)");
  EXPECT_EQ(read("-1"), R"(strconv.ParseUint: parsing "-1": invalid syntax)");
  EXPECT_EQ(read("+1"), R"(strconv.ParseUint: parsing " 1": invalid syntax)") << "a plus is a blank";
  EXPECT_EQ(read("1.0"), R"(strconv.ParseUint: parsing "1.0": invalid syntax)");
  EXPECT_EQ(read("4294967296"), R"(strconv.ParseUint: parsing "4294967296": value out of range)");
  const std::string missing = "Key: 'ArgTest.N' Error:Field validation for 'N' failed on the 'required' tag";
  EXPECT_EQ(read("0"), missing);
  EXPECT_EQ(read(""), missing);
}

TEST(Binder, ReadsSignedNumbers) {
  const auto read = [](const std::string& value) {
    const Bound b("n=" + value);
    Binder bind = b.binder();
    const int64_t n = bind.i64("n");
    EXPECT_EQ(failure(bind), "") << value;
    return n;
  };
  EXPECT_EQ(read(""), 0);
  EXPECT_EQ(read("0"), 0);
  EXPECT_EQ(read("%2B5"), 5);
  EXPECT_EQ(read("-5"), -5);
  EXPECT_EQ(read("9007199254740993"), 9007199254740993);
  EXPECT_EQ(read("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(read("-9223372036854775808"), INT64_MIN);
}

TEST(Binder, RefusesWhatIsNoSignedNumber) {
  const auto read = [](const std::string& value) { return failure_of("n=" + value, [](Binder& b) { b.i64("n"); }); };
  EXPECT_EQ(read("x"), R"(strconv.ParseInt: parsing "x": invalid syntax)");
  EXPECT_EQ(read("-"), R"(strconv.ParseInt: parsing "-": invalid syntax)");
  EXPECT_EQ(read("9223372036854775808"), R"(strconv.ParseInt: parsing "9223372036854775808": value out of range)");
  EXPECT_EQ(read("-9223372036854775809"), R"(strconv.ParseInt: parsing "-9223372036854775809": value out of range)");
}

TEST(Binder, NeverFailsOnFlags) {
  const Bound b("a=1&b=t&c=T&d=TRUE&e=true&f=True&g=0&h=yes&i=tRUE&j=&k=%ff&l=0&l=1");
  Binder bind = b.binder();
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) EXPECT_TRUE(bind.flag(name)) << name;
  for (const char* name : {"g", "h", "i", "j", "k", "l", "none"}) EXPECT_FALSE(bind.flag(name)) << name;
  EXPECT_EQ(failure(bind), "");
}

using List = std::vector<std::string_view>;

TEST(Binder, ReadsListsWithoutEmptyItems) {
  const Bound b("l=a&l=&l=b,c&l=a");
  Binder bind = b.binder();
  EXPECT_EQ(bind.list("l"), (List{"a", "b,c", "a"})) << "order and repetitions are kept, commas mean nothing";
  EXPECT_EQ(bind.list("none"), List{});
  EXPECT_EQ(failure(bind), "");
}

TEST(Binder, SplitsListsAtCommas) {
  const Bound b("l=a,b&l=,,&l=&l=c&l=,d,");
  Binder bind = b.binder();
  EXPECT_EQ(bind.comma_list("l"), (List{"a", "b", "c", "d"}));
  EXPECT_EQ(bind.required_comma_list("l", "L"), (List{"a", "b", "c", "d"}));
  EXPECT_EQ(failure(bind), "");
}

TEST(Binder, CallsAListOfNothingMissing) {
  for (const char* query : {"", "l=", "l=,", "l=&l=,,,"}) {
    EXPECT_EQ(failure_of(query, [](Binder& b) { b.required_comma_list("l", "L"); }),
              "Key: 'ArgTest.L' Error:Field validation for 'L' failed on the 'gt' tag")
        << query;
  }
}

TEST(Binder, ReadsNumberLists) {
  const Bound b("l=1,2&l=&l=-3&l=9223372036854775807");
  Binder bind = b.binder();
  EXPECT_EQ(bind.i64_comma_list("l"), (std::vector<int64_t>{1, 2, -3, INT64_MAX}));
  EXPECT_EQ(failure(bind), "");
  EXPECT_EQ(failure_of("l=1,x,y", [](Binder& bind2) { bind2.i64_comma_list("l"); }),
            R"(strconv.ParseInt: parsing "x": invalid syntax)");
}

TEST(Binder, TellsAllThatIsMissingOneLineEach) {
  EXPECT_EQ(failure_of("c=x",
                       [](Binder& b) {
                         b.name("a", "Alpha");
                         b.required_u32("b", "Beta");
                         b.name("c", "Gamma");
                         b.required_comma_list("d", "Delta");
                       }),
            "Key: 'ArgTest.Alpha' Error:Field validation for 'Alpha' failed on the 'required' tag\n"
            "Key: 'ArgTest.Beta' Error:Field validation for 'Beta' failed on the 'required' tag\n"
            "Key: 'ArgTest.Delta' Error:Field validation for 'Delta' failed on the 'gt' tag");
}

TEST(Binder, PrefersTheFirstParseErrorToWhatIsMissing) {
  EXPECT_EQ(failure_of("b=x&c=y",
                       [](Binder& b) {
                         b.name("a", "Alpha");
                         b.required_u32("b", "Beta");
                         b.i64("c");
                       }),
            R"(strconv.ParseUint: parsing "x": invalid syntax)");
}

TEST(Binder, BoundsNames) {
  const auto code_of = [](const std::string& value) -> std::optional<ErrorCode> {
    const Bound b("n=" + value);
    Binder bind = b.binder();
    bind.name("n", "N");
    bind.optional_name("n");
    const auto done = bind.finish();
    if (done) return std::nullopt;
    return done.error().code;
  };
  EXPECT_EQ(code_of(std::string(kNameMax, 'x')), std::nullopt);
  EXPECT_EQ(code_of(std::string(kNameMax + 1, 'x')), ErrorCode::kLimitExceeded);
  EXPECT_EQ(code_of("%20"), std::nullopt) << "blank text is a name";
  EXPECT_EQ(code_of("%e4%bd%a0"), std::nullopt);
  EXPECT_EQ(code_of("%ff"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of("a%c0%af"), ErrorCode::kInvalidArgument) << "overlong";
  EXPECT_EQ(code_of("%ed%a0%80"), ErrorCode::kInvalidArgument) << "a surrogate";
}

TEST(Binder, BoundsOptionalNamesToo) {
  const auto bind_zone = [](Binder& b) { b.optional_name("zone"); };
  EXPECT_EQ(failure_of("", bind_zone), "");
  EXPECT_EQ(failure_of("zone=123456789", bind_zone), "zone is longer than limits.name_bytes allows");
  EXPECT_EQ(failure_of("zone=%ff", bind_zone), "zone is not UTF-8");
}

TEST(Binder, RefusesTheEnvironmentsThatNoClientMaySee) {
  const auto bind_env = [](Binder& b) { b.name("env", "Env"); };
  EXPECT_EQ(failure_of("env=%01keys", bind_env), "env begins with a byte that is kept for the node itself");
  EXPECT_EQ(failure_of("env=k%01", bind_env), "");
  EXPECT_EQ(failure_of("zone=%01keys", [](Binder& b) { b.name("zone", "Zone"); }), "");
}

TEST(Binder, BoundsEachNameOfAList) {
  const auto bind_list = [](Binder& b) { b.required_name_list("l", "L"); };
  EXPECT_EQ(failure_of("l=12345678,%e4%bd%a0&l=x", bind_list), "");
  EXPECT_EQ(failure_of("l=a&l=b,123456789", bind_list), "l is longer than limits.name_bytes allows");
  EXPECT_EQ(failure_of("l=a,%ff", bind_list), "l is not UTF-8");
  EXPECT_EQ(failure_of("l=,", bind_list), "Key: 'ArgTest.L' Error:Field validation for 'L' failed on the 'gt' tag");
  EXPECT_EQ(failure_of("l=123456789", [](Binder& b) { b.required_comma_list("l", "L"); }), "") << "no names";
}

TEST(Binder, TakesChecksOfItsCaller) {
  EXPECT_EQ(failure_of("", [](Binder& b) { b.require(true, ErrorCode::kLimitExceeded, "too many"); }), "");
  EXPECT_EQ(failure_of("", [](Binder& b) { b.require(false, ErrorCode::kLimitExceeded, "too many"); }), "too many");
}

}  // namespace
}  // namespace discovery::protocol
