#include "node/config_file.h"

#include <random>

#include "unit/node/config_testing.h"

namespace discovery::node {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string toml_error(std::string_view text) {
  const auto settings = parse_toml("f.toml", text);
  return settings ? std::string() : settings.error().message;
}

TEST(ConfigFile, NamesLinesInTheirOrder) {
  ASSERT_READ(settings, parse_toml("f.toml", "nodes = []\n\n[env]\nzone = \"z\"\nregion = 'r'\n"));
  ASSERT_EQ(settings.size(), 3U);
  EXPECT_EQ(settings[0].name, "nodes");
  EXPECT_EQ(settings[1].name, "env.zone");
  EXPECT_EQ(settings[1].line, 4U);
  EXPECT_EQ(settings[2].name, "env.region");
  EXPECT_EQ(std::get<std::string>(settings[2].value), "r");
}

TEST(ConfigFile, DottedAndInlineFormsAreTheSame) {
  for (const char* text : {"env.zone = \"z\"", "env = {zone = \"z\"}", "\xEF\xBB\xBF[env]\r\nzone = \"z\"\r\n"}) {
    ASSERT_READ(settings, parse_toml("f.toml", text));
    ASSERT_EQ(settings.size(), 1U) << text;
    EXPECT_EQ(settings[0].name, "env.zone") << text;
  }
}

TEST(ConfigFile, TellsLineAndColumnOfABreak) {
  EXPECT_THAT(toml_error("a = 1\nb = = 2\n"), HasSubstr("f.toml:2:5: "));
  EXPECT_THAT(toml_error("[env\nzone = 1"), HasSubstr("f.toml:1:"));
  EXPECT_THAT(toml_error("a = 1\na = 2"), HasSubstr("f.toml:2:"));
  EXPECT_NE(toml_error("a = \"unclosed"), "");
  EXPECT_NE(toml_error("a = \"\xFF\""), "");
  EXPECT_NE(toml_error(std::string_view("a = 1\0", 6)), "");
}

TEST(ConfigFile, WhatTheLibraryAssertsIsAnErrorWithItsLine) {
  for (const char* header : {"[,a]", "[{a]", "[.a]", "[#a]", "[[,a]]"}) {
    const std::string text = "a = 1\nb = [\n1]\n" + std::string(header) + "\nc = 2\n";
    EXPECT_THAT(toml_error(text), HasSubstr("f.toml:4")) << header;
  }
}

TEST(ConfigFile, CharactersBeyondAsciiAreForTextsAndComments) {
  // U+3001 and U+2EC0: the library's own test for blanks is undefined there.
  for (const char* text : {"a = 1\n\xE3\x80\x81 = 1", "a = 1\nb = \xE2\xBB\x80", "a = 1\n[\xC3\xA9]",
                           "a = 1\nb = -\"\xE2\xBB\x80\"", "a = \"\"\"\n\\\xE3\x80\x81\"\"\""}) {
    EXPECT_THAT(toml_error(text), HasSubstr("f.toml:2:")) << text;
  }
  EXPECT_EQ(toml_error("\xEF\xBB\xBF# \xE3\x80\x81\n\"\xE3\x80\x81\" = '\xE2\xBB\x80'"), "");
  EXPECT_EQ(toml_error("a = \"\"\"x\\\n  \xE3\x80\x81\"\"\""), "");
}

TEST(ConfigFile, DeepNestingIsRefused) {
  std::string open = "a = ";
  open.append(100'000, '[');
  EXPECT_NE(toml_error(open), "");
  std::string inline_tables = "a = ";
  for (int i = 0; i < 100'000; ++i) inline_tables += "{a=";
  EXPECT_NE(toml_error(inline_tables), "");
}

TEST(ConfigFile, LongDottedNamesAreRefusedWhereverTheyHide) {
  std::string dotted = "a";
  for (int i = 0; i < 200'000; ++i) dotted += ".a";
  EXPECT_THAT(toml_error("\n[" + dotted + "]"), AllOf(HasSubstr("f.toml:2"), HasSubstr("dots")));
  EXPECT_THAT(toml_error(dotted + " = 1"), HasSubstr("dots"));
  for (const char* before : {"x = {y = \"\"\"\n\"\"\", ", "x = {y = \"\"\"a\"\"\"\", ", "x = {y = '''\n''''', ",
                             "x = {y = \"\\\"\", ", "x = {y = '\\', ", "x = {y = \"#\", ", "# \"\nx = {"}) {
    EXPECT_THAT(toml_error(before + dotted + " = 1}"), HasSubstr("dots")) << before;
  }
}

TEST(ConfigFile, DotsInTextsAndCommentsAreFree) {
  const std::string dots(5000, '.');
  EXPECT_EQ(toml_error("# " + dots + "\na = \"" + dots + "\"\nb = '" + dots + "'\nc = \"\"\"" + dots + "\"\"\""), "");
}

TEST(ConfigFile, DotsHaveALimit) {
  const auto names = [](size_t dots) {
    std::string text;
    for (size_t i = 0; i < dots; ++i) text += "a.k" + std::to_string(i) + " = 1\n";
    return text;
  };
  EXPECT_EQ(toml_error(names(kDotsMax)), "");
  EXPECT_THAT(toml_error(names(kDotsMax + 1)), HasSubstr("more than 1000 dots"));
}

TEST(ConfigFile, SurvivesAnyBytes) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const std::string good =
      "nodes = [\"a:1\"]\n[env]\nzone = \"z\"\n[zones]\n\"b\" = ['''x:1''', \"\"\"y:1\"\"\"]\n[httpServer]\n"
      "addr = \"127.0.0.1:1\" # c\ntimeout = \"40s\"\n[lease]\nshare = 0.5\n[log.module]\na.b.c = {d = 1979-05-27}\n";
  const std::string bits = "[]{}\"'\\#=.,\n\r\t 0aTZ-+:\xFF\x80\xE2\xBB\xE3";
  int accepted = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text = good;
    for (auto changes = random() % 6; changes > 0; --changes) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = bits[random() % bits.size()];
          break;
        case 1:
          text.erase(at, random() % 8);
          break;
        default:
          text.insert(at, 1, bits[random() % bits.size()]);
          break;
      }
      if (text.empty()) text = "\n";
    }
    const Result<Config> config = read_config(with_file(text));
    if (config) {
      ++accepted;
    } else {
      EXPECT_THAT(config.error().message, HasSubstr("discovery.toml")) << text;
    }
  }
  EXPECT_GT(accepted, 0);
  EXPECT_LT(accepted, 3000);
}

}  // namespace
}  // namespace discovery::node
