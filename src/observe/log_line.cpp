#include "observe/log_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>

#include "observe/escape.h"

namespace discovery::observe {
namespace {

constexpr std::string_view kTextEnd = " truncated=true";
constexpr std::string_view kJsonEnd = ",\"truncated\":true";
constexpr std::string_view kLevelInText[] = {"DEBUG ", "INFO  ", "WARN  ", "ERROR "};

size_t value_bytes_max(std::string_view key) { return key == "error" ? kErrorValueBytesMax : kValueBytesMax; }

bool is_bare(std::string_view value) {
  return !value.empty() && value.size() <= kValueBytesMax && std::all_of(value.begin(), value.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '=' && c != '"' && c != '\\';
  });
}

void append_quoted(std::string& out, std::string_view text, size_t bytes_max) {
  out += '"';
  append_escaped(out, text, bytes_max, EscapeMode::kJson);
  out += '"';
}

class LineWriter {
 public:
  LineWriter(std::string& out, LogFormat format) : out_(out), json_(format == LogFormat::kJson), begin_(out.size()) {}

  void field(const LogField& f) {
    if (full_) return;
    const size_t before = out_.size();
    append_key(f.key);
    std::visit([&](auto v) { append_value(f.key, v); }, f.value);
    // What ends the line must have room, whatever comes.
    const size_t reserve = (json_ ? kJsonEnd.size() + 1 : kTextEnd.size()) + 1;
    if (out_.size() - begin_ + reserve <= kLineBytesMax) return;
    out_.resize(before);
    full_ = true;
  }
  void end() {
    if (full_) out_ += json_ ? kJsonEnd : kTextEnd;
    out_ += json_ ? "}\n" : "\n";
  }

 private:
  void append_key(std::string_view key) {
    if (json_) {
      out_ += ',';
      append_quoted(out_, key, kKeyBytesMax);
      out_ += ':';
    } else {
      if (out_.back() != ' ') out_ += ' ';
      append_escaped(out_, key, kKeyBytesMax, EscapeMode::kPlain);
      out_ += '=';
    }
  }
  void append_value(std::string_view key, std::string_view v) {
    if (!json_ && is_bare(v)) {
      out_ += v;
    } else {
      append_quoted(out_, v, value_bytes_max(key));
    }
  }
  void append_value(std::string_view, int64_t v) { fmt::format_to(std::back_inserter(out_), "{}", v); }
  void append_value(std::string_view, double v) {
    if (json_ && !std::isfinite(v)) {
      out_ += "null";
    } else {
      fmt::format_to(std::back_inserter(out_), "{}", v);
    }
  }
  void append_value(std::string_view, bool v) { out_ += v ? "true" : "false"; }

  std::string& out_;
  bool json_;
  size_t begin_;
  bool full_ = false;
};

}  // namespace

std::string format_time(TimePoint at) {
  using namespace std::chrono;
  const auto day = floor<days>(at.time_since_epoch());
  const year_month_day date{sys_days(day)};
  const hh_mm_ss time(floor<microseconds>(at.time_since_epoch() - day));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

void append_line(std::string& out, LogFormat format, const LogEvent& event) {
  LineWriter line(out, format);
  if (format == LogFormat::kJson) {
    fmt::format_to(std::back_inserter(out), R"({{"ts":"{}","level":"{}")", format_time(event.at),
                   level_name(event.level));
  } else {
    fmt::format_to(std::back_inserter(out), "{} {}", format_time(event.at),
                   kLevelInText[static_cast<size_t>(event.level)]);
  }
  if (!event.node.empty()) line.field({"node", event.node});
  line.field({"event", event.name});
  for (const LogField& f : event.fields) line.field(f);
  line.end();
}

}  // namespace discovery::observe
