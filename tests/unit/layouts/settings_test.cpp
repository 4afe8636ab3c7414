#include "layouts/settings.h"

#include <gtest/gtest.h>

namespace discovery::layouts {
namespace {

std::string refusal(const Settings& settings) {
  const auto checked = check(settings);
  return checked ? "" : checked.error().message;
}

Settings with_target(std::string target) {
  Settings settings;
  settings.naming_targets = {std::move(target)};
  return settings;
}

Settings with_namespace(std::string name_space) {
  Settings settings;
  settings.kratos_namespace = std::move(name_space);
  return settings;
}

TEST(LayoutSettings, AreGoodAsTheyCome) { EXPECT_EQ(refusal({}), ""); }

TEST(LayoutSettings, HavePrefixesOnceAndWithoutSlash) {
  Settings settings;
  settings.prefixes = {{"a", Layout::kBare}, {"a/b", Layout::kNone}, {"", Layout::kNone}, {"nmid", Layout::kNmid}};
  EXPECT_EQ(refusal(settings), "");
  settings.prefixes.push_back({"a", Layout::kGoZero});
  EXPECT_EQ(refusal(settings), "a prefix stands twice: a");
  settings.prefixes = {{"a/", Layout::kBare}};
  EXPECT_EQ(refusal(settings), "a prefix is written without a slash at its end: a/");
}

TEST(LayoutSettings, ShowNothingInTheRoomOfAnotherLayout) {
  for (const char* place : {"", "a/", "nmid", "nmid/x", "/micro", "/micro/registry", "/micro/registry/x"}) {
    EXPECT_NE(refusal(with_target(place)), "") << place;
    EXPECT_NE(refusal(with_namespace(place)), "") << place;
  }
  for (const char* place : {"nmidx", "/nmid", "/micro/registry2", "/micro2", "svc"}) {
    EXPECT_EQ(refusal(with_target(place)), "") << place;
    EXPECT_EQ(refusal(with_namespace(place)), "") << place;
  }
  EXPECT_NE(refusal(with_target("/microservices/x")), "");
  Settings both = with_namespace("/kr");
  for (const char* target : {"/kr", "/kr/x", "/microservices"}) {
    both.naming_targets = {target};
    EXPECT_NE(refusal(both), "") << target;
  }
  both.naming_targets = {"a", "a/b"};
  EXPECT_EQ(refusal(both), "");
  both.naming_targets = {"a", "a"};
  EXPECT_EQ(refusal(both), "a naming target stands twice: a");
}

TEST(LayoutNames, ComeBack) {
  for (const Layout layout : kAllLayouts) EXPECT_EQ(layout_of_name(layout_name(layout)), layout);
  EXPECT_FALSE(layout_of_name("consul"));
  EXPECT_FALSE(layout_of_name(""));
}

}  // namespace
}  // namespace discovery::layouts
