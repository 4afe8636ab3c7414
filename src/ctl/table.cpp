#include "ctl/table.h"

#include <algorithm>

#include "ctl/wording.h"

namespace discovery::ctl {

namespace {

constexpr size_t kGap = 2;

void add_line(std::string& to, std::string line, std::optional<size_t> width) {
  line.erase(line.find_last_not_of(' ') + 1);
  to.append(width ? cut_to(line, *width) : line).append("\n");
}

}  // namespace

void Table::add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::text(std::optional<size_t> width) const {
  std::vector<size_t> widths;
  for (const Column& c : columns_) widths.push_back(columns_of(c.heading));
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
  }
  const auto padded = [&](size_t i, const std::string& cell) {
    const std::string room(widths[i] - columns_of(cell), ' ');
    return columns_[i].align == Align::kLeft ? cell + room : room + cell;
  };
  std::string text;
  std::string line;
  for (size_t i = 0; i < columns_.size(); ++i) {
    line.append(i == 0 ? 0 : kGap, ' ').append(padded(i, columns_[i].heading));
  }
  add_line(text, std::move(line), width);
  for (const auto& row : rows_) {
    line.clear();
    for (size_t i = 0; i < row.size(); ++i) line.append(i == 0 ? 0 : kGap, ' ').append(padded(i, row[i]));
    add_line(text, line, width);
  }
  return text;
}

}  // namespace discovery::ctl
