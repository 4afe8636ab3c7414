#include "node/config_file.h"

#include <algorithm>

#include "codec/text.h"

// toml++ 3.3 asserts where the text is to blame: "[,a]" reaches parse_key() with a comma. With NDEBUG it takes the
// condition for granted and goes on. In this one place that includes it, it throws instead.
namespace discovery::node {
namespace {
struct TomlAssertion {};
[[noreturn]] void toml_asserted() { throw TomlAssertion{}; }
}  // namespace
}  // namespace discovery::node
#undef NDEBUG
#define TOML_ASSERT(expr) ((expr) ? static_cast<void>(0) : ::discovery::node::toml_asserted())
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wterminate"  // asserts in functions that cannot fail on any text
#include <toml++/toml.h>
#pragma GCC diagnostic pop

namespace discovery::node {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string place(std::string_view file_name, size_t line) {
  return std::string(file_name) + ":" + std::to_string(line);
}

/// Where the string that begins at `from` ends, past its closing quotes. A string that does not end counts to the end
/// of the line, or of the text for one of several lines; the library will refuse it.
size_t after_string(std::string_view text, size_t from) {
  const char quote = text[from];
  const std::string triple(3, quote);
  const bool several_lines = text.substr(from, 3) == triple;
  size_t i = from + (several_lines ? 3 : 1);
  for (; i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"') {
      ++i;
    } else if (!several_lines && (text[i] == quote || text[i] == '\n')) {
      return i + 1;
    } else if (several_lines && text.substr(i, 3) == triple) {
      i += 3;
      for (int extra = 0; extra < 2 && i < text.size() && text[i] == quote; ++extra) ++i;  // they belong to it
      return i;
    }
  }
  return text.size();
}

size_t line_at(std::string_view text, size_t position) {
  return 1 + static_cast<size_t>(std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(position), '\n'));
}

/// What must be refused before the library sees it, outside of texts and comments:
/// * many dots: it builds one table inside the other for each part of a name, and takes them down by recursion;
/// * other characters than ASCII: its test for blanks runs into __builtin_unreachable() from U+2E78 to U+3271.
Result<void> check_outside_texts(std::string_view file_name, std::string_view text) {
  size_t dots = 0;
  for (size_t i = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0; i < text.size();) {
    const char c = text[i];
    if (c == '"' || c == '\'') {
      i = after_string(text, i);
    } else if (c == '#') {
      i = std::min(text.find('\n', i), text.size());
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      return invalid(place(file_name, line_at(text, i)) + ": a character beyond ASCII needs quotes around it");
    } else if (c == '.' && ++dots > kDotsMax) {
      return invalid(place(file_name, line_at(text, i)) + ": more than " + std::to_string(kDotsMax) +
                     " dots outside of texts");
    } else {
      ++i;
    }
  }
  return {};
}

bool asserts(std::string_view text) {
  try {
    static_cast<void>(toml::parse(text));
  } catch (const toml::parse_error&) {
    return false;
  } catch (const TomlAssertion&) {
    return true;
  }
  return false;
}

/// An assertion does not tell where: the first line whose end it takes. Precondition: the whole text asserts.
size_t line_of_assertion(std::string_view text) {
  std::vector<size_t> ends;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') ends.push_back(i + 1);
  }
  ends.push_back(text.size());
  const auto line =
      std::partition_point(ends.begin(), ends.end(), [text](size_t end) { return !asserts(text.substr(0, end)); });
  return static_cast<size_t>(line - ends.begin()) + 1;
}

RawValue read_list(const toml::array& array) {
  std::vector<std::string> items;
  for (const toml::node& node : array) {
    const auto* text = node.as_string();
    if (text == nullptr) return UnfitValue{"a list that holds something else than text"};
    items.push_back(text->get());
  }
  return items;
}

RawValue read_value(const toml::node& node) {
  if (const auto* value = node.as_boolean()) return value->get();
  if (const auto* value = node.as_integer()) return value->get();
  if (const auto* value = node.as_floating_point()) return value->get();
  if (const auto* value = node.as_string()) return value->get();
  if (const auto* value = node.as_array()) return read_list(*value);
  if (node.is_table()) return UnfitValue{"a section"};
  return UnfitValue{"a date or time"};
}

/// [zones]: each member is a zone. One that is no list makes the whole unfit.
RawValue read_zones(const toml::node& node) {
  const toml::table* table = node.as_table();
  if (table == nullptr) return read_value(node);
  ZoneNodes zones;
  for (const auto& [name, member] : *table) {
    RawValue nodes = read_value(member);
    if (const auto* text = std::get_if<std::string>(&nodes)) nodes = std::vector<std::string>{*text};
    auto* list = std::get_if<std::vector<std::string>>(&nodes);
    if (list == nullptr) return UnfitValue{"a zone that is no list of texts"};
    zones.emplace(name.str(), std::move(*list));
  }
  return zones;
}

uint32_t line_of(const toml::key& key) { return static_cast<uint32_t>(key.source().begin.line); }

void read_section(const toml::key& section, const toml::table& table, std::vector<FileSetting>& settings) {
  for (const auto& [key, node] : table) {
    settings.push_back({std::string(section.str()) + "." + std::string(key.str()), line_of(key), read_value(node)});
  }
}

void read_top(const toml::key& key, const toml::node& node, std::vector<FileSetting>& settings) {
  const std::string name(key.str());
  const std::optional<size_t> known = find_key(name);
  if (known && config_keys()[*known].type == KeyType::kZones) {
    settings.push_back({name, line_of(key), read_zones(node)});
  } else if (is_section(name) && node.is_table()) {
    read_section(key, *node.as_table(), settings);
  } else {
    settings.push_back({name, line_of(key), read_value(node), !known && node.is_table()});
  }
}

}  // namespace

Result<std::vector<FileSetting>> parse_toml(std::string_view file_name, std::string_view text) {
  if (Result<void> good = check_outside_texts(file_name, text); !good) return good.error();
  std::vector<FileSetting> settings;
  try {
    const toml::table table = toml::parse(text);
    for (const auto& [key, node] : table) read_top(key, node, settings);
  } catch (const toml::parse_error& problem) {
    const auto& at = problem.source().begin;
    return invalid(place(file_name, at.line) + ":" + std::to_string(at.column) + ": " +
                   codec::printable(problem.description()));
  } catch (const TomlAssertion&) {
    return invalid(place(file_name, line_of_assertion(text)) + ": this is not TOML");
  }
  std::stable_sort(settings.begin(), settings.end(),
                   [](const FileSetting& a, const FileSetting& b) { return a.line < b.line; });
  return settings;
}

}  // namespace discovery::node
