// How rows are laid out.
#include "ctl/table.h"

#include <gtest/gtest.h>

namespace discovery::ctl {
namespace {

TEST(Table, AlignsColumnsWithoutTrailingBlanks) {
  Table table({{"Name"}, {"Count", Align::kRight}, {"Zone"}});
  table.add({"a", "1", "z1"});
  table.add({"longer", "48,211", ""});
  EXPECT_EQ(table.text(std::nullopt),
            "Name     Count  Zone\n"
            "a            1  z1\n"
            "longer  48,211\n");
}

TEST(Table, AlignsByWhatATerminalShows) {
  Table table({{"Host"}, {"Zone"}});
  table.add({"店", "z"});
  table.add({"Größe", "z"});
  EXPECT_EQ(table.text(std::nullopt), "Host   Zone\n店     z\nGröße  z\n");
}

TEST(Table, IsCutToTheTerminalOnly) {
  Table table({{"Name"}, {"Address"}});
  table.add({"h1", "http://10.0.0.1:8000"});
  EXPECT_EQ(table.text(12), "Name  Addre…\nh1    http:…\n");
  EXPECT_EQ(table.text(26), "Name  Address\nh1    http://10.0.0.1:8000\n") << "it fits exactly";
}

TEST(Table, TakesTooFewAndTooManyCells) {
  Table table({{"A"}, {"B"}});
  EXPECT_TRUE(table.empty());
  table.add({"1"});
  table.add({"1", "2", "3"});
  EXPECT_EQ(table.text(std::nullopt), "A  B\n1\n1  2\n");
  EXPECT_EQ(table.size(), 2U);
}

}  // namespace
}  // namespace discovery::ctl
