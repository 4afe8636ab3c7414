#include "node/config_print.h"

#include "unit/node/config_testing.h"

namespace discovery::node {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

ConfigInput rich_input() {
  ConfigInput input = with_file(
      "nodes = [\"127.0.0.1:7171\", \"10.0.0.2:7171\"]\n[env]\nzone = \"a \\\"b\\\" \\\\c \u4e2d\"\n"
      "self_env = [\"x\", \"y\"]\n[zones]\n\"z 1\" = [\"a:1\", \"b:2\"]\n\"\u00e9\" = [\"c:3\"]\n[lease]\n"
      "share = 1\nsweep_interval = \"1m0.5s\"\n[limits]\nbody_bytes = \"10MB\"\nname_bytes = 1000\n"
      "[httpServer]\naddr = [\"[::1]:7171\", \"127.0.0.1:7171\"]\n[log]\nformat = \"JSON\"\n");
  input.environment = {{"DISCOVERYD_POLLS_EMPTY_HOLD", "0"}};
  input.flags = {{"env.region", "r", "--region"}};
  return input;
}

TEST(PrintConfig, IsAConfigurationWithTheSameValues) {
  for (const ConfigInput& input : {rich_input(), with_file("")}) {
    ASSERT_READ(config, read_config(input));
    const std::string printed = print_config(config);
    ConfigInput again = with_file(printed);
    again.host = {"elsewhere", 1, 1 << 30, 64};
    ASSERT_READ(reread, read_config(again));
    EXPECT_THAT(changed_keys(config, reread), IsEmpty()) << printed;
  }
}

TEST(PrintConfig, SaysWhereEachValueCameFrom) {
  ASSERT_READ(config, read_config(rich_input()));
  const std::string printed = print_config(config);
  EXPECT_THAT(printed, HasSubstr("\nregion = \"r\"  # flag --region\n"));
  EXPECT_THAT(printed, HasSubstr("\nempty_hold = \"0s\"  # env DISCOVERYD_POLLS_EMPTY_HOLD\n"));
  EXPECT_THAT(printed, HasSubstr("\nhost = \"host-7\"  # host\n"));
  EXPECT_THAT(printed, HasSubstr("\nformat = \"json\"  # file discovery.toml:17\n"));
  EXPECT_THAT(printed, HasSubstr("\nbody_bytes = 10000000  # file discovery.toml:12\n"));
  EXPECT_THAT(printed, HasSubstr("\nhead_bytes = \"256KiB\"  # default\n"));
  EXPECT_THAT(printed, HasSubstr("\ntimeout = \"40s\"  # default\n"));
  EXPECT_THAT(printed, HasSubstr("\n[zones]  # file discovery.toml:5\n"));
}

TEST(PrintConfig, AFileNameCannotBreakOutOfItsComment) {
  ConfigInput input = with_file("[env]\nzone = \"z\"");
  input.file_name = "a\n[httpServer]\nthreads = 9\n#.toml";
  ASSERT_READ(config, read_config(input));
  ASSERT_READ(reread, read_config(with_file(print_config(config))));
  EXPECT_THAT(changed_keys(config, reread), IsEmpty());
}

TEST(PrintConfig, SecretsAreNotShown) {
  const KeySpec key{
      .name = "admin.token", .type = KeyType::kText, .default_text = "", .description = "", .secret = true};
  std::string out;
  append_setting(out, key, "\"hunter2\"", {ValueSource::Kind::kFile, "discovery.toml:3"});
  append_setting(out, key, "\"\"", {});
  EXPECT_EQ(out, "# token is set and not shown  # file discovery.toml:3\n# token is not set  # default\n");
}

}  // namespace
}  // namespace discovery::node
