#include "grpc/fields.h"

namespace discovery::grpc {

bool is_grpc_content(std::string_view content_type) {
  constexpr std::string_view kType = "application/grpc";
  constexpr std::string_view kProto = "+proto";
  if (!content_type.starts_with(kType)) return false;
  content_type.remove_prefix(kType.size());
  if (content_type.starts_with(kProto)) content_type.remove_prefix(kProto.size());
  return content_type.empty() || content_type.front() == ';' || content_type.front() == ' ';
}

std::optional<Duration> parse_timeout(std::string_view text) {
  constexpr size_t kDigitsMax = 8;
  if (text.size() < 2 || text.size() > kDigitsMax + 1) return std::nullopt;
  int64_t number = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  switch (text.back()) {
    case 'H':
      // 99,999,999 hours are more nanoseconds than there is room for.
      if (number > Duration::max() / std::chrono::hours(1)) return Duration::max();
      return std::chrono::hours(number);
    case 'M':
      return std::chrono::minutes(number);
    case 'S':
      return std::chrono::seconds(number);
    case 'm':
      return std::chrono::milliseconds(number);
    case 'u':
      return std::chrono::microseconds(number);
    case 'n':
      return std::chrono::nanoseconds(number);
    default:
      return std::nullopt;
  }
}

std::string encode_message(std::string_view message) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : message.substr(0, kStatusMessageMax)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte <= 0x7e && c != '%') {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
  return out;
}

}  // namespace discovery::grpc
