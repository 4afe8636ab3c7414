#include "node/config_keys.h"

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "node/config_assign.h"
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

std::string code(std::string_view text) { return text.empty() ? "" : "`" + std::string(text) + "`"; }

std::string effect_note(Effect effect) {
  switch (effect) {
    case Effect::kEtcd:
      return " *There is no front end for etcd yet.*";
    case Effect::kOriginal:
      return " *Without effect, a warning.*";
    case Effect::kNow:
      break;
  }
  return "";
}

/// The row of docs/configuration.md for a key.
std::string document_row(const KeySpec& key) {
  const std::string range = key.max_text.empty() ? "" : std::string(key.min_text) + " to " + std::string(key.max_text);
  return "| `" + std::string(key.name) + "` | " + std::string(type_name(key)) + " | " + code(key.default_text) + " | " +
         range + " | " + (key.reloadable ? "yes" : "") + " | " + std::string(key.description) +
         effect_note(key.effect) + " |";
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

TEST(ConfigKeys, TheDocumentHasTheRowOfEachKey) {
  const std::string document = read_source("docs/configuration.md");
  for (const KeySpec& key : config_keys()) {
    // Not HasSubstr: it would print the whole document.
    EXPECT_NE(document.find(document_row(key) + "\n"), std::string::npos) << document_row(key);
  }
}

TEST(ConfigKeys, TheDocumentHasNoOtherRows) {
  const std::string document = read_source("docs/configuration.md");
  const std::regex row(R"(\n\| `([^`]+)` \|)");
  size_t rows = 0;
  for (std::sregex_iterator it(document.begin(), document.end(), row), end; it != end; ++it, ++rows) {
    EXPECT_TRUE(find_key((*it)[1].str())) << (*it)[1];
  }
  EXPECT_EQ(rows, config_keys().size());
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
