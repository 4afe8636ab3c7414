#include "queries/question.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>

#include "codec/quantities.h"

namespace discovery::queries {

namespace {

constexpr int64_t kSecondNs = 1'000'000'000;
constexpr int64_t kSecondsMax = 9'000'000'000;  // the year 2255; larger numbers are nanoseconds

/// "0042" of exactly that many digits; false for anything else.
bool read_digits(std::string_view text, int& value) {
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) return false;
  return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc();
}

/// Unix seconds of 2026-11-28T09:30:00Z; -1: it is no such time.
int64_t utc_seconds(std::string_view t) {
  if (t.size() != 20 || t[4] != '-' || t[7] != '-' || t[10] != 'T' || t[13] != ':' || t[16] != ':' || t[19] != 'Z') {
    return -1;
  }
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  const bool digits = read_digits(t.substr(0, 4), year) && read_digits(t.substr(5, 2), month) &&
                      read_digits(t.substr(8, 2), day) && read_digits(t.substr(11, 2), hour) &&
                      read_digits(t.substr(14, 2), minute) && read_digits(t.substr(17, 2), second);
  if (!digits || hour > 23 || minute > 59 || second > 59) return -1;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return -1;
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

}  // namespace

Result<Question> Question::read(std::string_view query, std::initializer_list<std::string_view> known) {
  Question question;
  if (const auto read = question.params_->add_urlencoded(query, kParamsMax); !read) return read.error();
  for (const codec::Param& p : question.params_->all()) {
    if (std::find(known.begin(), known.end(), p.name) != known.end()) continue;
    std::string names;
    for (const std::string_view k : known) (names += names.empty() ? "" : ", ") += k;
    return invalid("unknown parameter " + std::string(p.name) + (names.empty() ? "" : "; known: " + names));
  }
  return question;
}

Result<void> Question::require(std::initializer_list<std::string_view> names) const {
  for (const std::string_view name : names) {
    if (!text(name).empty()) continue;
    std::string all;
    for (const std::string_view n : names) (all += all.empty() ? "" : ", ") += n;
    return invalid("this takes " + all + "; " + std::string(name) + " is missing");
  }
  return {};
}

Result<uint64_t> Question::number(std::string_view name, const Bounds& bounds) const {
  if (!has(name)) return bounds.absent;
  const std::string_view written = text(name);
  uint64_t value = 0;
  const char* const end = written.data() + written.size();
  const auto [at, error] = std::from_chars(written.data(), end, value);
  if (error == std::errc() && at == end && value >= bounds.least && value <= bounds.most) return value;
  return invalid(std::string(name) + " must be a number from " + std::to_string(bounds.least) + " to " +
                 std::to_string(bounds.most));
}

Result<TimePoint> Question::moment(std::string_view name, TimePoint now, TimePoint absent) const {
  return has(name) ? parse_moment(text(name), now) : Result<TimePoint>(absent);
}

Result<TimePoint> parse_moment(std::string_view text, TimePoint now) {
  int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && at == end && number >= 0) {
    return number <= kSecondsMax ? from_wire_ns(number * kSecondNs) : from_wire_ns(number);
  }
  if (const auto ago = codec::parse_duration(text)) return now - *ago;
  if (const int64_t seconds = utc_seconds(text); seconds >= 0 && seconds <= kSecondsMax) {
    return from_wire_ns(seconds * kSecondNs);
  }
  return invalid("not a time: " + std::string(text) +
                 "; write 2026-11-28T09:30:00Z, Unix seconds or nanoseconds, or how long ago: 10m");
}

}  // namespace discovery::queries
