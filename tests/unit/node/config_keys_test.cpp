#include "node/config_keys.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "node/config_assign.h"
#include "node/config_reference.h"
#include "unit/node/config_testing.h"

namespace discovery::node {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string read_source(const std::string& name) {
  std::ifstream file(std::string(DISCOVERY_SOURCE_DIR) + "/" + name);
  EXPECT_TRUE(file) << name;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// What the reference says of each section, its heading first: "### `[env]`".
std::map<std::string, std::string> tables_of(const std::string& reference) {
  std::map<std::string, std::string> tables;
  const std::regex section(R"((### [^\n]+)\n\n((\|[^\n]*\n)+))");
  for (std::sregex_iterator it(reference.begin(), reference.end(), section), end; it != end; ++it) {
    tables[(*it)[1]] = (*it)[2];
  }
  return tables;
}

TEST(ConfigKeys, HaveNamesAndVariablesOfTheirOwn) {
  std::set<std::string> names;
  std::set<std::string> variables;
  for (const KeySpec& key : config_keys()) {
    std::string lower(key.name);
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    EXPECT_TRUE(names.insert(lower).second) << key.name;
    EXPECT_TRUE(variables.insert(environment_name(key)).second) << key.name;
    EXPECT_FALSE(key.description.empty()) << key.name;
    EXPECT_EQ(key.field == nullptr, key.type == KeyType::kIgnored) << key.name;
    EXPECT_EQ(environment_name(key).find("_PORT"), std::string::npos)
        << "taken for a variable of a service: " << key.name;
  }
  EXPECT_EQ(environment_name(config_keys()[*find_key("httpserver.ADDR")]), "DISCOVERYD_HTTPSERVER_ADDR");
  EXPECT_FALSE(find_key("httpServer"));
  EXPECT_TRUE(is_section("HTTPserver"));
  EXPECT_FALSE(is_section(""));
}

TEST(ConfigKeys, DefaultsAreInRangeAndReadBackAsWritten) {
  for (const KeySpec& key : config_keys()) {
    if (key.field == nullptr || key.type == KeyType::kZones) continue;
    Config config;
    const auto raw = raw_from_text(key, key.default_text);
    ASSERT_TRUE(raw) << key.name;
    ASSERT_TRUE(assign(key, *raw, config)) << key.name;
    ASSERT_READ(settings,
                read_config(with_file((key.section().empty() ? "" : "[" + std::string(key.section()) + "]\n") +
                                      std::string(key.leaf()) + " = " + format_value(key, config))));
    ASSERT_READ(standard, read_config(with_file("")));
    EXPECT_THAT(changed_keys(settings, standard), IsEmpty()) << key.name;
  }
}

TEST(ConfigKeys, EachFillsAMemberOfItsOwn) {
  Config config;
  std::map<const void*, std::string_view> owner;
  for (const KeySpec& key : config_keys()) {
    if (key.field == nullptr) continue;
    const void* member = std::visit([](auto* m) { return static_cast<const void*>(m); }, key.field(config));
    EXPECT_TRUE(owner.emplace(member, key.name).second) << key.name << " and " << owner[member];
  }
}

TEST(ConfigKeys, SuggestWhatWasMeant) {
  EXPECT_EQ(nearest_key("httpserver.adr"), "httpServer.addr");
  EXPECT_EQ(nearest_key("server.empty_hold"), "polls.empty_hold");
  EXPECT_EQ(nearest_key("completely.different_thing"), "");
  EXPECT_EQ(nearest_section("zone"), "zones");
  EXPECT_EQ(nearest_section("polling_things"), "");
  EXPECT_EQ(nearest_environment_name("DISCOVERYD_ENV_REGOIN"), "DISCOVERYD_ENV_REGION");
  EXPECT_EQ(nearest_environment_name("DISCOVERYD_"), "");
}

TEST(ConfigKeys, TheReferenceHasARowForEachKey) {
  const auto tables = tables_of(config_reference());
  EXPECT_THAT(tables.at("### `[polls]`"),
              HasSubstr("\n| `polls.max_park` | duration | `30s` | 1s to 10m | yes | How long a poll waits"));
  EXPECT_THAT(tables.at("### At the top of the file"), HasSubstr("\n| `nodes` | list of host:port |  |  | yes | "));
  EXPECT_THAT(tables.at("### `[zones]`"), HasSubstr("\n| `zones` | "));
  size_t rows = 0;
  for (const auto& [heading, table] : tables) rows += static_cast<size_t>(std::ranges::count(table, '\n')) - 2;
  EXPECT_EQ(rows, config_keys().size());
}

TEST(ConfigKeys, TheDocumentShowsTheReference) {
  const std::string document = read_source("docs/configuration.md");
  for (const auto& [heading, table] : tables_of(config_reference())) {
    const size_t begin = document.find("\n" + heading + "\n");
    ASSERT_NE(begin, std::string::npos) << heading;
    const size_t end = document.find("\n#", begin + 1);
    const std::string section = document.substr(begin, end - begin + 1);
    const size_t shown = section.find("\n| key |");
    ASSERT_NE(shown, std::string::npos) << heading;
    EXPECT_EQ(section.substr(shown + 1, table.size()), table) << "write it again: scripts/write-docs";
    EXPECT_EQ(section.find("\n|", shown + table.size()), std::string::npos) << heading << " has rows of no key";
  }
}

/// config/discovery.toml with its commented settings switched on: lines of the form `#key = value`.
std::string all_switched_on(const std::string& example) {
  return std::regex_replace(example, std::regex(R"((^|\n)#([A-Za-z_]+ = ))"), "$1$2");
}

TEST(ConfigKeys, TheExampleIsTheDefault) {
  ASSERT_READ(example, read_config(with_file(read_source("config/discovery.toml"))));
  ASSERT_READ(standard, read_config(with_file("")));
  EXPECT_THAT(changed_keys(example, standard), IsEmpty());
  EXPECT_THAT(example.warnings, IsEmpty());
}

TEST(ConfigKeys, TheExampleHoldsEveryKeyWithItsDefault) {
  const std::string text = read_source("config/discovery.toml");
  ASSERT_READ(example, read_config(with_file(all_switched_on(text))));
  ASSERT_READ(standard, read_config(with_file("")));
  EXPECT_THAT(changed_keys(example, standard), IsEmpty());
  for (const KeySpec& key : config_keys()) {
    const std::string name(key.name);
    if (key.type == KeyType::kIgnored) {
      EXPECT_THAT(text, HasSubstr(name)) << "named in a comment";
    } else if (key.section() == "env" && key.type == KeyType::kText) {
      EXPECT_THAT(text, HasSubstr("\n#" + std::string(key.leaf()) + " = \"\"")) << "empty falls back";
    } else {
      EXPECT_THAT(source_of(example, name).text(), HasSubstr("file")) << name;
    }
  }
}

}  // namespace
}  // namespace discovery::node
