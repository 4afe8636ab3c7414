// Runs the table of docs/etcd.md: what it promises is what is tested.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "layouts/virtual_keys.h"
#include "unit/layouts/telling.h"

namespace discovery::layouts {
namespace {

struct Row {
  std::string layout;
  bool both_ways = false;
  std::string key;
  std::string value;
  std::vector<MappedInstance> instances;
};

/// What stands between backticks in a cell.
std::vector<std::string> spans(const std::string& cell) {
  std::vector<std::string> found;
  for (size_t from = cell.find('`'); from != std::string::npos;) {
    const size_t to = cell.find('`', from + 1);
    found.push_back(cell.substr(from + 1, to - from - 1));
    from = to == std::string::npos ? to : cell.find('`', to + 1);
  }
  return found;
}

std::string trimmed(const std::string& text) {
  const size_t from = text.find_first_not_of(' ');
  return from == std::string::npos ? "" : text.substr(from, text.find_last_not_of(' ') - from + 1);
}

MappedInstance instance_of(const std::string& text) {
  const auto json = nlohmann::json::parse(text);
  MappedInstance i;
  i.appid = json.at("appid").get<std::string>();
  i.hostname = json.at("hostname").get<std::string>();
  i.addrs = json.at("addrs").get<std::vector<std::string>>();
  i.version = json.value("version", "");
  const nlohmann::json metadata = json.value("metadata", nlohmann::json::object());
  for (const auto& [name, value] : metadata.items()) i.metadata.members.emplace_back(name, value.get<std::string>());
  i.status = json.value("status", kStatusUp);
  i.permanent = json.value("permanent", false);
  return i;
}

std::vector<Row> rows_of_document() {
  std::ifstream document(DISCOVERY_SOURCE_DIR "/docs/etcd.md");
  std::vector<Row> rows;
  bool inside = false;
  for (std::string line; std::getline(document, line);) {
    if (line.starts_with("| layout | direction | key | value | instance |")) {
      inside = true;
    } else if (inside && !line.starts_with("|")) {
      break;
    } else if (inside && !line.starts_with("|--")) {
      std::vector<std::string> cells;
      for (size_t from = 1, to = line.find('|', 1); to != std::string::npos; from = to + 1, to = line.find('|', from)) {
        cells.push_back(trimmed(line.substr(from, to - from)));
      }
      EXPECT_EQ(cells.size(), 5U) << line;
      if (cells.size() != 5) continue;
      EXPECT_TRUE(cells[1] == "both ways" || cells[1] == "read") << line;
      Row row{cells[0], cells[1] == "both ways", spans(cells[2]).at(0), spans(cells[3]).at(0), {}};
      for (const std::string& text : spans(cells[4])) row.instances.push_back(instance_of(text));
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

Settings settings_of_document() {
  Settings settings;
  settings.naming_targets = {"shop.stock"};
  EXPECT_TRUE(check(settings));
  return settings;
}

TEST(EtcdTable, HasEveryLayout) {
  std::set<std::string> layouts;
  std::set<std::string> shown;
  for (const Row& row : rows_of_document()) {
    layouts.insert(row.layout);
    if (row.both_ways) shown.insert(row.layout);
  }
  for (const Layout layout : kAllLayouts) EXPECT_TRUE(layouts.contains(std::string(layout_name(layout))));
  EXPECT_EQ(layouts.size(), kAllLayouts.size());
  for (const Layout layout : kShownLayouts) EXPECT_TRUE(shown.contains(std::string(layout_name(layout))));
  EXPECT_EQ(shown.size(), kShownLayouts.size());
}

TEST(EtcdTable, IsHowKeysAreRead) {
  const Settings settings = settings_of_document();
  for (const Row& row : rows_of_document()) {
    const Mapping mapping = instances_of(row.key, row.value, settings);
    std::string expected = row.layout;
    for (const MappedInstance& instance : row.instances) expected += " " + text_of(instance);
    EXPECT_EQ(layout_name(mapping.layout), row.layout) << row.key;
    if (mapping.layout == Layout::kNone) continue;
    EXPECT_EQ(told(mapping), expected);
  }
}

TEST(EtcdTable, IsHowInstancesAreShown) {
  const Settings settings = settings_of_document();
  for (const Row& row : rows_of_document()) {
    for (const MappedInstance& instance : row.instances) {
      const auto keys = keys_of(instance, Layout::kNone, settings);
      const auto here = std::ranges::find(keys, row.key, &VirtualKey::key);
      ASSERT_EQ(here != keys.end(), row.both_ways) << row.key;
      if (!row.both_ways) continue;
      EXPECT_EQ(layout_name(here->layout), row.layout);
      EXPECT_EQ(here->value, row.value);
      const auto owner = virtual_key_owner(row.key, settings);
      ASSERT_TRUE(owner) << row.key;
      EXPECT_EQ(owner->layout, here->layout);
      EXPECT_EQ(owner->appid, instance.appid);
      EXPECT_EQ(owner->hostname, instance.hostname);
    }
  }
}

}  // namespace
}  // namespace discovery::layouts
