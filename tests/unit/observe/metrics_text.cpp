#include "unit/observe/metrics_text.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <sstream>

namespace discovery::observe::testing {
namespace {

bool is_name(std::string_view s) {
  if (s.empty() || (s[0] >= '0' && s[0] <= '9')) return false;
  for (const char c : s) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!letter && !(c >= '0' && c <= '9')) return false;
  }
  return true;
}

/// From after the opening quote to after the closing one.
std::string read_quoted(std::string_view line, size_t& at) {
  std::string value;
  for (; at < line.size() && line[at] != '"'; ++at) {
    if (line[at] != '\\') {
      value += line[at];
      continue;
    }
    ++at;
    if (at >= line.size()) break;
    EXPECT_TRUE(line[at] == '\\' || line[at] == '"' || line[at] == 'n') << line;
    value += line[at] == 'n' ? '\n' : line[at];
  }
  EXPECT_LT(at, line.size()) << line;
  ++at;
  return value;
}

Sample read_sample(std::string_view line) {
  Sample s;
  size_t at = line.find_first_of("{ ");
  EXPECT_NE(at, std::string_view::npos) << line;
  s.name = line.substr(0, at);
  EXPECT_TRUE(is_name(s.name)) << line;
  if (line[at] == '{') {
    ++at;
    while (at < line.size() && line[at] != '}') {
      const size_t equals = line.find("=\"", at);
      if (equals == std::string_view::npos) {
        ADD_FAILURE() << line;
        return s;
      }
      const std::string label(line.substr(at, equals - at));
      EXPECT_TRUE(is_name(label)) << line;
      at = equals + 2;
      EXPECT_TRUE(s.labels.emplace(label, read_quoted(line, at)).second) << line;
      if (at < line.size() && line[at] == ',') ++at;
    }
    ++at;
  }
  EXPECT_EQ(line.substr(at, 1), " ") << line;
  const std::string number(line.substr(std::min(at + 1, line.size())));
  char* end = nullptr;
  s.value = std::strtod(number.c_str(), &end);
  EXPECT_TRUE(!number.empty() && *end == '\0') << line;
  return s;
}

bool belongs(const std::string& sample, const std::string& family, const std::string& type) {
  if (type != "histogram") return sample == family;
  return sample == family + "_bucket" || sample == family + "_sum" || sample == family + "_count";
}

}  // namespace

double Family::value(const Labels& labels, std::string_view name) const {
  for (const Sample& s : samples) {
    if (s.labels == labels && (name.empty() || s.name == name)) return s.value;
  }
  ADD_FAILURE() << "no such sample";
  return -1;
}

bool Family::has(const Labels& labels) const {
  for (const Sample& s : samples) {
    if (s.labels == labels) return true;
  }
  return false;
}

std::map<std::string, Family> parse_metrics(const std::string& text) {
  std::map<std::string, Family> families;
  std::set<std::pair<std::string, Labels>> seen;
  std::string current;
  EXPECT_TRUE(text.empty() || text.back() == '\n');
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("# HELP ")) {
      std::istringstream words(line.substr(7));
      words >> current;
      EXPECT_FALSE(families.contains(current)) << "a family comes once: " << line;
      std::getline(words >> std::ws, families[current].help);
    } else if (line.starts_with("# TYPE ")) {
      std::istringstream words(line.substr(7));
      std::string name;
      words >> name >> families[current].type;
      EXPECT_EQ(name, current);
    } else {
      Sample s = read_sample(line);
      EXPECT_TRUE(belongs(s.name, current, families[current].type)) << line;
      EXPECT_TRUE(seen.emplace(s.name, s.labels).second) << "twice: " << line;
      families[current].samples.push_back(std::move(s));
    }
  }
  return families;
}

}  // namespace discovery::observe::testing
