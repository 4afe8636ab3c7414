#include "codec/typed.h"

#include <charconv>
#include <string>
#include <type_traits>

#include "codec/text.h"

namespace discovery::codec {

namespace {

bool all_digits(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return true;
}

/// `strconv.<function>: parsing "<text>": <reason>`
Error parse_error(std::string_view function, std::string_view text, std::string_view reason) {
  std::string quoted;
  for (const char c : text.substr(0, kQuotedBytesMax)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  if (text.size() > kQuotedBytesMax) quoted += "...";  // makes printable() show that something is missing
  std::string message = "strconv.";
  message.append(function).append(": parsing \"").append(printable(quoted, kQuotedBytesMax));
  message.append("\": ").append(reason);
  return invalid(std::move(message));
}

template <class T>
Result<T> parse(std::string_view text) {
  constexpr bool kSigned = std::is_signed_v<T>;
  constexpr std::string_view kFunction = kSigned ? "ParseInt" : "ParseUint";
  if (text.empty()) return T{0};
  std::string_view number = text;
  if (kSigned && text[0] == '+') number.remove_prefix(1);  // from_chars knows '-' only
  const bool negative = kSigned && text[0] == '-';
  if (!all_digits(number.substr(negative ? 1 : 0))) return parse_error(kFunction, text, "invalid syntax");
  T value = 0;
  const auto error = std::from_chars(number.data(), number.data() + number.size(), value).ec;
  if (error != std::errc()) return parse_error(kFunction, text, "value out of range");
  return value;
}

}  // namespace

Result<uint32_t> parse_u32(std::string_view text) { return parse<uint32_t>(text); }

Result<int64_t> parse_i64(std::string_view text) { return parse<int64_t>(text); }

bool parse_bool(std::string_view text) {
  return text == "1" || text == "t" || text == "T" || text == "true" || text == "TRUE" || text == "True";
}

}  // namespace discovery::codec
