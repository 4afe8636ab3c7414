// Rows under headings, aligned: "Zone   Host    Status".
//
// Cells are texts as wording.h makes them: without control characters. Numbers stand to the right. Two blanks between
// columns, none at the end of a line. Thread: none of its own. Cost: linear. Limits: cut to the width that is given, as
// a whole line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace discovery::ctl {

enum class Align : uint8_t { kLeft, kRight };

struct Column {
  std::string heading;
  Align align = Align::kLeft;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// As many cells as there are columns; missing ones are empty, further ones are dropped.
  void add(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] size_t size() const { return rows_.size(); }
  /// With the headings; lines end with a line feed.
  [[nodiscard]] std::string text(std::optional<size_t> width) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace discovery::ctl
