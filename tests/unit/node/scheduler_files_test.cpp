#include "node/scheduler_files.h"

#include <sys/stat.h>

#include <random>

#include "unit/node/config_testing.h"
#include "unit/node/temp_folder.h"

namespace discovery::node {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kExample =
    R"({"app_id":"shop.cart","env":"dev","clients":{"zone-a":{"zones":{"zone-a":{"weight":3},"zone-b":{"weight":1}}}},"remark":"text"})";

std::string scheduler(const std::string& app, const std::string& clients) {
  return R"({"app_id":")" + app + R"(","env":"dev","clients":)" + clients + "}";
}

std::string scheduler_error(std::string_view json) {
  const auto file = parse_scheduler(json);
  return file ? std::string() : file.error().message;
}

std::string weight_error(const std::string& weight) {
  return scheduler_error(scheduler("a", R"({"z":{"zones":{"y":{"weight":)" + weight + "}}}}"));
}

TEST(Scheduler, IsServedWithoutNamesAndRemark) {
  ASSERT_READ(file, parse_scheduler(kExample));
  EXPECT_EQ(file.app_id, "shop.cart");
  EXPECT_EQ(file.env, "dev");
  EXPECT_EQ(file.clients_json,
            R"({"clients":{"zone-a":{"zones":{"zone-a":{"weight":3},"zone-b":{"weight":1}}}},"remark":""})");
}

TEST(Scheduler, IsCanonicalWhateverItsForm) {
  ASSERT_READ(
      file,
      parse_scheduler(
          "{ \"extra\" : [1,{\"x\":[]}], \"clients\" : {\"b\":{\"zones\":{\"y\":{\"weight\":2,\"note\":\"n\"},"
          "\"x\":{\"weight\":0}}},\n\"\\u0061\":{\"more\":{},\"zones\":{}}}, \"env\":\"dev\", \"app_id\":\"q\"}\n"));
  EXPECT_EQ(file.clients_json,
            R"({"clients":{"a":{"zones":{}},"b":{"zones":{"x":{"weight":0},"y":{"weight":2}}}},"remark":""})");
}

// Found by the fuzz target: names were decoded twice, so each backslash was halved.
TEST(Scheduler, DecodesNamesOnce) {
  ASSERT_READ(file,
              parse_scheduler(R"({"app_id":"a\\\\b","env":"e","clients":{"c\\\\d":{"zones":{"z\\y":{"weight":1}}}}})"));
  EXPECT_EQ(file.app_id, R"(a\\b)");
  EXPECT_EQ(file.clients_json, R"({"clients":{"c\\\\d":{"zones":{"z\\y":{"weight":1}}}},"remark":""})");
}

TEST(Scheduler, MayNameNoClients) {
  ASSERT_READ(file, parse_scheduler(scheduler("a", "{}")));
  EXPECT_EQ(file.clients_json, R"({"clients":{},"remark":""})");
}

TEST(Scheduler, OfANameTwiceTheLastCounts) {
  ASSERT_READ(file,
              parse_scheduler(R"({"app_id":"a","app_id":"b","env":"dev","clients":{"gone":{"zones":{}}},)"
                              R"("clients":{"z":{"zones":{"x":{"weight":1}}},"z":{"zones":{"y":{"weight":2}}}}})"));
  EXPECT_EQ(file.app_id, "b");
  EXPECT_EQ(file.clients_json, R"({"clients":{"z":{"zones":{"y":{"weight":2}}}},"remark":""})");
}

TEST(Scheduler, WeightsAreWholeNumbers) {
  for (const char* good : {"0", "1", "9223372036854775807"}) EXPECT_EQ(weight_error(good), "") << good;
  for (const char* bad : {"-1", "1.0", "1e2", "\"1\"", "true", "null", "[]", "{}", "9223372036854775808"}) {
    EXPECT_THAT(weight_error(bad), HasSubstr("clients.z.zones.y.weight: expected a whole number")) << bad;
  }
}

TEST(Scheduler, SaysWhatIsMissingAndWhere) {
  EXPECT_THAT(scheduler_error("{}"), HasSubstr("app_id"));
  EXPECT_THAT(scheduler_error(R"({"app_id":"a","clients":{}})"), HasSubstr("\"env\""));
  EXPECT_THAT(scheduler_error(R"({"app_id":"a","env":"dev"})"), HasSubstr("\"clients\""));
  EXPECT_THAT(scheduler_error(scheduler("a", "null")), HasSubstr("clients: expected an object"));
  EXPECT_THAT(scheduler_error(scheduler("a", "[]")), HasSubstr("clients: expected an object"));
  EXPECT_THAT(scheduler_error(scheduler("a", R"({"z":{}})")), HasSubstr("clients.z: expected a member \"zones\""));
  EXPECT_THAT(scheduler_error(scheduler("a", R"({"z":{"zones":{"y":{"wieght":1}}}})")),
              HasSubstr("clients.z.zones.y: expected a member \"weight\""));
  EXPECT_THAT(scheduler_error(scheduler("a", R"({"z":{"zones":{"":{"weight":1}}}})")), HasSubstr("found empty text"));
  EXPECT_THAT(scheduler_error(R"({"app_id":1,"env":"dev","clients":{}})"), HasSubstr("app_id: expected text"));
  EXPECT_THAT(scheduler_error(R"({"app_id":"","env":"dev","clients":{}})"), HasSubstr("app_id"));
  EXPECT_THAT(scheduler_error(R"({"app_id":"a","env":"dev","clients":{},"remark":1})"), HasSubstr("remark"));
}

TEST(Scheduler, RefusesWhatIsNoJson) {
  for (const char* text : {"", "x", "[]", "1", "null", "{", "{}x", "{\"a\"}", "{\"app_id\":\"a\",}"}) {
    EXPECT_NE(scheduler_error(text), "") << text;
  }
  EXPECT_NE(scheduler_error(std::string(kExample) + "{}"), "");
  EXPECT_THAT(scheduler_error(scheduler("\xFF", "{}")), HasSubstr("UTF-8"));
  EXPECT_THAT(scheduler_error(scheduler("\\u0007", "{}")), HasSubstr("control"));
}

TEST(Scheduler, NestingAndSizesHaveLimits) {
  std::string deep(1'000'000, '[');
  EXPECT_NE(scheduler_error(deep), "");
  EXPECT_NE(scheduler_error("{\"x\":" + deep.substr(0, 17)), "");
  EXPECT_EQ(scheduler_error(scheduler(std::string(1024, 'a'), "{}")), "");
  EXPECT_THAT(scheduler_error(scheduler(std::string(1025, 'a'), "{}")), HasSubstr("at most 1024"));
  std::string padded = scheduler("a", "{}");
  padded.resize(kSchedulerFileBytesMax, ' ');
  EXPECT_EQ(scheduler_error(padded), "");
  EXPECT_THAT(scheduler_error(padded + " "), HasSubstr("larger than 1MiB"));
}

TEST(Scheduler, SurvivesAnyBytes) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  int accepted = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string text = kExample;
    for (auto changes = random() % 4; changes > 0; --changes) {
      text[random() % text.size()] = "{}[]\",:0a\\\xFF"[random() % 11];
    }
    const auto file = parse_scheduler(text);
    if (!file) continue;
    ++accepted;
    // What is served is itself valid and says the same.
    ASSERT_READ(again, parse_scheduler(R"({"app_id":"a","env":"b",)" + file->clients_json.substr(1)));
    EXPECT_EQ(again.clients_json, file->clients_json);
  }
  EXPECT_GT(accepted, 0);
}

TEST(SchedulerFolder, LoadsTheGoodAndNamesTheBad) {
  TempFolder folder;
  folder.write("b.json", scheduler("b", "{}"));
  folder.write("a.json", scheduler("a", "{}"));
  folder.write("broken.json", "{\n\x1b");
  folder.write("discovery.toml", "x");
  folder.write(".hidden.json", "x");
  folder.write("c.json.bak", "x");
  folder.write("folder.json/x", "x");
  ASSERT_EQ(::mkfifo(folder.path("pipe.json").c_str(), 0600), 0);
  ASSERT_READ(loaded, load_scheduler_dir(folder.path()));
  EXPECT_THAT(loaded.files, ElementsAre(Field(&SchedulerFile::app_id, "a"), Field(&SchedulerFile::app_id, "b")));
  EXPECT_THAT(loaded.skipped,
              ElementsAre(Field(&SkippedFile::name, "broken.json"), Field(&SkippedFile::name, "folder.json"),
                          Field(&SkippedFile::name, "pipe.json")));
  EXPECT_THAT(loaded.skipped[1].reason, HasSubstr("no regular file"));
}

TEST(SchedulerFolder, OfTwoForOneApplicationTheLastByNameCounts) {
  TempFolder folder;
  folder.write("2.json", scheduler("a", R"({"second":{"zones":{}}})"));
  folder.write("1.json", scheduler("a", R"({"first":{"zones":{}}})"));
  ASSERT_READ(loaded, load_scheduler_dir(folder.path()));
  ASSERT_EQ(loaded.files.size(), 1U);
  EXPECT_THAT(loaded.files[0].clients_json, HasSubstr("second"));
  EXPECT_THAT(loaded.skipped, ElementsAre(AllOf(Field(&SkippedFile::name, "1.json"),
                                                Field(&SkippedFile::reason, HasSubstr("2.json")))));
}

TEST(SchedulerFolder, AnEmptyOneIsNoError) {
  TempFolder folder;
  ASSERT_READ(loaded, load_scheduler_dir(folder.path()));
  EXPECT_THAT(loaded.files, IsEmpty());
  EXPECT_THAT(loaded.skipped, IsEmpty());
}

TEST(SchedulerFolder, AMissingOneIsAnErrorSoThatTheCallerKeepsWhatItHas) {
  TempFolder folder;
  EXPECT_FALSE(load_scheduler_dir(folder.path("nowhere")));
  EXPECT_FALSE(scheduler_dir_fingerprint(folder.path("nowhere")));
}

TEST(SchedulerFolder, OversizedFilesAreSkipped) {
  TempFolder folder;
  std::string padded = scheduler("a", "{}");
  padded.resize(kSchedulerFileBytesMax, ' ');
  folder.write("a.json", padded);
  folder.write("b.json", padded + " ");
  ASSERT_READ(loaded, load_scheduler_dir(folder.path()));
  EXPECT_EQ(loaded.files.size(), 1U);
  EXPECT_THAT(loaded.skipped, ElementsAre(Field(&SkippedFile::reason, HasSubstr("larger than 1MiB"))));
}

TEST(SchedulerFolder, AllTogetherHaveALimit) {
  TempFolder folder;
  const size_t fit = kSchedulerBytesMax / kSchedulerFileBytesMax;
  for (size_t i = 0; i < fit + 2; ++i) {
    std::string padded = scheduler("app" + std::to_string(i), "{}");
    padded.resize(kSchedulerFileBytesMax, ' ');
    folder.write(std::to_string(100 + i) + ".json", padded);
  }
  ASSERT_READ(loaded, load_scheduler_dir(folder.path()));
  EXPECT_EQ(loaded.files.size(), fit);
  EXPECT_THAT(loaded.skipped, ElementsAre(Field(&SkippedFile::reason, HasSubstr("64MiB"))));
}

TEST(SchedulerFolder, HasAtMostTenThousandFiles) {
  TempFolder folder;
  std::filesystem::create_directory(folder.path("target"));
  folder.write("target/x", scheduler("a", "{}"));
  for (size_t i = 0; i <= kSchedulerFilesMax; ++i) {
    std::filesystem::create_symlink("target/x", folder.path(std::to_string(100'000 + i) + ".json"));
  }
  ASSERT_READ(loaded, load_scheduler_dir(folder.path()));
  EXPECT_EQ(loaded.files.size(), 1U);
  // All but the last of the ten thousand are for the same application; the one past them was not read.
  EXPECT_EQ(loaded.skipped.size(), kSchedulerFilesMax);
  EXPECT_THAT(loaded.skipped, testing::Contains(Field(&SkippedFile::reason, HasSubstr("more than 10000 files"))));
  EXPECT_THAT(loaded.skipped.back().reason, HasSubstr("109999.json"));
}

TEST(SchedulerFolder, TheFingerprintShowsEveryChange) {
  TempFolder folder;
  std::set<uint64_t> seen;
  const auto look = [&] {
    const auto print = scheduler_dir_fingerprint(folder.path());
    ASSERT_TRUE(print);
    EXPECT_TRUE(seen.insert(*print).second) << "the same fingerprint as before a change";
  };
  look();
  folder.write("a.json", "1");
  look();
  folder.write("b.json", "1");
  look();
  folder.write("a.json", "22");  // another size
  look();
  std::filesystem::rename(folder.path("a.json"), folder.path("c.json"));
  look();
  folder.write("new", "33");  // same size, another file
  std::filesystem::rename(folder.path("new"), folder.path("c.json"));
  look();
  const auto time = std::filesystem::last_write_time(folder.path("b.json"));
  std::filesystem::last_write_time(folder.path("b.json"), time - std::chrono::hours(1));
  look();
  std::filesystem::remove(folder.path("b.json"));
  look();
}

TEST(SchedulerFolder, TheFingerprintOverlooksOtherFiles) {
  TempFolder folder;
  folder.write("a.json", "1");
  const uint64_t before = *scheduler_dir_fingerprint(folder.path());
  folder.write("discovery.toml", "x");
  folder.write(".b.json", "x");
  EXPECT_EQ(*scheduler_dir_fingerprint(folder.path()), before);
  EXPECT_EQ(load_scheduler_dir(folder.path())->fingerprint, before);
}

}  // namespace
}  // namespace discovery::node
