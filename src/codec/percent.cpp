#include "codec/percent.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace discovery::codec {

namespace {

constexpr uint8_t kNoDigit = 0xFF;

constexpr std::array<uint8_t, 256> make_hex_values() {
  std::array<uint8_t, 256> t{};
  t.fill(kNoDigit);
  for (uint8_t i = 0; i < 10; ++i) t['0' + i] = i;
  for (uint8_t i = 0; i < 6; ++i) t['a' + i] = t['A' + i] = static_cast<uint8_t>(10 + i);
  return t;
}
constexpr std::array<uint8_t, 256> kHexValue = make_hex_values();

constexpr std::array<bool, 256> make_unreserved() {
  std::array<bool, 256> t{};
  for (size_t c = '0'; c <= '9'; ++c) t[c] = true;
  for (size_t c = 'a'; c <= 'z'; ++c) t[c] = true;
  for (size_t c = 'A'; c <= 'Z'; ++c) t[c] = true;
  for (const char c : {'-', '.', '_', '~'}) t[static_cast<unsigned char>(c)] = true;
  return t;
}
constexpr std::array<bool, 256> kUnreserved = make_unreserved();

uint8_t hex_value(char c) { return kHexValue[static_cast<unsigned char>(c)]; }

template <bool kPlusIsBlank>
size_t decode_to(std::string_view in, char* to) {
  char* const begin = to;
  const char* p = in.data();
  const char* const end = p + in.size();
  while (p != end) {
    const char c = *p++;
    if (c == '%') {
      if (end - p < 2) return kInvalidEscape;
      const uint8_t high = hex_value(p[0]);
      const uint8_t low = hex_value(p[1]);
      if ((high | low) > 0xF) return kInvalidEscape;
      *to++ = static_cast<char>(high << 4 | low);
      p += 2;
    } else {
      *to++ = kPlusIsBlank && c == '+' ? ' ' : c;
    }
  }
  return static_cast<size_t>(to - begin);
}

/// Most paths are clean: no escape, no empty element, none that begins with a dot.
bool is_clean(std::string_view path) {
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '%' || path[i] == '\0') return false;
    if (path[i] == '/' && i + 1 < path.size() && (path[i + 1] == '/' || path[i + 1] == '.')) return false;
  }
  return true;
}

/// In place: `to` never overtakes `from`. `path` begins with '/'.
void resolve_elements(std::string& path) {
  size_t to = 0;  // path[0, to) is the result so far, without a slash at its end
  bool trailing = false;
  for (size_t from = 0; from < path.size();) {
    size_t next = path.find('/', ++from);
    if (next == std::string::npos) next = path.size();
    const std::string_view element = std::string_view(path).substr(from, next - from);
    trailing = element.empty() || element == ".";
    if (element == "..") {
      while (to > 0 && path[--to] != '/') {
      }
    } else if (!trailing) {
      path[to++] = '/';
      std::memmove(&path[to], &path[from], element.size());
      to += element.size();
    }
    from = next;
  }
  if (trailing || to == 0) path[to++] = '/';
  path.resize(to);
}

}  // namespace

size_t percent_decode_form_to(std::string_view in, char* to) { return decode_to<true>(in, to); }

bool percent_decode_form(std::string_view in, std::string& out) {
  const size_t before = out.size();
  out.resize(before + in.size());
  const size_t written = decode_to<true>(in, out.data() + before);
  out.resize(written == kInvalidEscape ? before : before + written);
  return written != kInvalidEscape;
}

bool clean_path(std::string_view raw, std::string& out) {
  out.clear();
  if (raw.empty() || raw[0] != '/') return false;
  if (is_clean(raw)) {
    out.assign(raw);
    return true;
  }
  out.resize(raw.size());
  const size_t written = decode_to<false>(raw, out.data());
  out.resize(written == kInvalidEscape ? 0 : written);
  if (out.empty() || out[0] != '/' || out.find('\0') != std::string::npos) {
    out.clear();
    return false;
  }
  resolve_elements(out);
  return true;
}

void percent_encode(std::string_view in, std::string& out) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  for (size_t i = 0; i < in.size();) {
    const size_t begin = i;
    while (i < in.size() && kUnreserved[static_cast<unsigned char>(in[i])]) ++i;
    out.append(in.substr(begin, i - begin));
    if (i == in.size()) return;
    const auto c = static_cast<unsigned char>(in[i++]);
    const char escape[3] = {'%', kHex[c >> 4], kHex[c & 0xF]};
    out.append(escape, sizeof escape);
  }
}

}  // namespace discovery::codec
