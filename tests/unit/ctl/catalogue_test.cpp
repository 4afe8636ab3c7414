// Completion and the manual page say what the program takes.
#include "ctl/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/temp_dir.h"
#include "unit/ctl/tool.h"

namespace discovery::ctl::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string> kVerbs{
    "members",   "services",    "instances", "watch",      "register", "renew",    "cancel", "set",    "drain",
    "explain",   "history",     "state",     "diff",       "clients",  "protect",  "top",    "reload", "drain-node",
    "log-level", "remove-node", "validate",  "completion", "man",      "snapshot", "health", "upgrade"};

std::string output_of(const std::vector<std::string>& words) {
  Tool tool;
  EXPECT_EQ(tool.run(words), Exit::kDone) << tool.screen.errors;
  return tool.screen.output;
}

TEST(Catalogue, ListsPositionalWordsFlagsAndValues) {
  CLI::App root{"about", "tool"};
  std::string app, zone;
  bool all = false;
  CLI::App* verb = root.add_subcommand("list", "Lists");
  verb->add_option("APP", app, "Which")->type_name("")->required();
  verb->add_option("-z,--zone", zone, "Where")->type_name("NAME");
  verb->add_flag("--all", all, "All of it");
  verb->add_subcommand("deep", "Below");
  const auto verbs = verbs_of(root);
  ASSERT_EQ(verbs.size(), 2U);
  EXPECT_EQ(verbs[1].name, "list deep");
  const auto& options = verbs[0].options;
  ASSERT_EQ(options.size(), 4U);  // with --help
  EXPECT_TRUE(options[1].positional && options[1].required);
  EXPECT_EQ(options[2].names, (std::vector<std::string>{"-z", "--zone"}));
  EXPECT_EQ(options[2].value, "NAME");
  EXPECT_EQ(options[3].value, "") << "a flag";
}

TEST(ManualPage, TheFileIsWhatTheProgramSays) {
  EXPECT_EQ(integration::read_file(DISCOVERY_SOURCE_DIR "/docs/man/discoveryctl.1"), output_of({"man"}))
      << "write it again: discoveryctl man > docs/man/discoveryctl.1";
}

TEST(ManualPage, HasEveryVerb) {
  const std::string page = output_of({"man"});
  for (const std::string& verb : kVerbs) {
    std::string name;
    for (const char c : verb) name += c == '-' ? "\\-" : std::string(1, c);
    EXPECT_THAT(page, HasSubstr(".SS " + name + "\n"));
  }
  EXPECT_THAT(page, HasSubstr(".SS protect release\n"));
  EXPECT_THAT(page, HasSubstr("\\fB\\-\\-token\\-file\\fR \\fIFILE\\fR"));
}

TEST(Completion, HasEveryVerbAndItsOptions) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = output_of({"completion", shell});
    for (const std::string& verb : kVerbs) EXPECT_THAT(script, HasSubstr(verb)) << shell;
    const bool fish = std::string_view(shell) == "fish";
    for (const char* const option : {"plan", "throttled", "token-file", "yes", "each"}) {
      EXPECT_THAT(script, HasSubstr(std::string(fish ? "-l " : "--") + option)) << shell;
    }
  }
}

TEST(Documents, DescribeEveryVerb) {
  const std::string text = integration::read_file(DISCOVERY_SOURCE_DIR "/docs/discoveryctl.md");
  for (const std::string& verb : kVerbs) EXPECT_THAT(text, HasSubstr("\n### " + verb)) << verb;
}

}  // namespace
}  // namespace discovery::ctl::test
