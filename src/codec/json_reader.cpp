#include "codec/json_reader.h"

#include <algorithm>
#include <cstring>

#include "codec/text.h"
#include "codec/utf8.h"

namespace discovery::codec {

namespace {

constexpr int kNoDigit = -1;
constexpr size_t kUnicodeEscapeBytes = 6;  // \uXXXX

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return kNoDigit;
}

bool is_unicode_escape(std::string_view text) {
  if (text.size() < kUnicodeEscapeBytes || text[0] != '\\' || text[1] != 'u') return false;
  for (size_t i = 2; i < kUnicodeEscapeBytes; ++i) {
    if (hex_digit(text[i]) == kNoDigit) return false;
  }
  return true;
}

/// Precondition: is_unicode_escape(text).
char32_t unicode_escape(std::string_view text) {
  char32_t code = 0;
  for (size_t i = 2; i < kUnicodeEscapeBytes; ++i) code = code << 4 | static_cast<char32_t>(hex_digit(text[i]));
  return code;
}

bool is_high_surrogate(char32_t c) { return c >= 0xD800 && c < 0xDC00; }
bool is_low_surrogate(char32_t c) { return c >= 0xDC00 && c < 0xE000; }

/// Bytes of a valid escape at the beginning of text, which begins with a backslash; 0 when it is none.
size_t escape_bytes(std::string_view text) {
  if (is_unicode_escape(text)) return kUnicodeEscapeBytes;
  return text.size() >= 2 && std::strchr("\"\\/bfnrt", text[1]) && text[1] != '\0' ? 2 : 0;
}

char simple_escape(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return letter;
  }
}

char* put_utf8(char32_t c, char* to) {
  const auto put = [&to](char32_t byte) { *to++ = static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6), put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F)), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  }
  return to;
}

/// One \uXXXX, or two that are a surrogate pair; moves `text` past them.
char32_t take_unicode(std::string_view& text) {
  const char32_t code = unicode_escape(text);
  text.remove_prefix(kUnicodeEscapeBytes);
  if (is_high_surrogate(code) && is_unicode_escape(text) && is_low_surrogate(unicode_escape(text))) {
    const char32_t low = unicode_escape(text);
    text.remove_prefix(kUnicodeEscapeBytes);
    return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  return is_high_surrogate(code) || is_low_surrogate(code) ? 0xFFFD : code;
}

}  // namespace

size_t json_unescape(std::string_view raw, char* to) {
  char* const begin = to;
  while (!raw.empty()) {
    if (raw.front() != '\\') {
      *to++ = raw.front();
      raw.remove_prefix(1);
    } else if (is_unicode_escape(raw)) {
      to = put_utf8(take_unicode(raw), to);
    } else {  // the reader let only valid escapes pass
      *to++ = simple_escape(raw[1]);
      raw.remove_prefix(2);
    }
  }
  return static_cast<size_t>(to - begin);
}

JsonToken JsonReader::fail() {
  failed_ = true;
  return {};
}

void JsonReader::skip_blanks() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
    ++at_;
  }
}

JsonToken JsonReader::next() {
  if (failed_) return {};
  skip_blanks();
  if (at_ == text_.size()) return expect_ == Expect::kNothing ? JsonToken{JsonKind::kEnd, {}} : fail();
  const char c = text_[at_];
  switch (expect_) {
    case Expect::kNothing:
      return fail();
    case Expect::kValue:
      return read_value(c);
    case Expect::kValueOrEnd:
      return c == ']' ? close(c) : read_value(c);
    case Expect::kName:
      return read_name();
    case Expect::kNameOrEnd:
      return c == '}' ? close(c) : read_name();
    case Expect::kCommaOrEnd:
      break;
  }
  if (c != ',') return close(c);
  ++at_;
  expect_ = in_object() ? Expect::kName : Expect::kValue;
  return next();  // at most one step deep: no comma is expected now
}

bool JsonReader::skip_container() {
  for (const unsigned outside = depth_ - 1; depth_ > outside;) {
    if (next().kind == JsonKind::kError) return false;
  }
  return true;
}

bool JsonReader::skip(const JsonToken& first) {
  switch (first.kind) {
    case JsonKind::kObjectBegin:
    case JsonKind::kArrayBegin:
      return skip_container();
    case JsonKind::kString:
    case JsonKind::kNumber:
    case JsonKind::kTrue:
    case JsonKind::kFalse:
    case JsonKind::kNull:
      return true;
    default:
      return false;
  }
}

JsonToken JsonReader::open(bool object) {
  if (depth_ == kDepthMax) return fail();
  const uint32_t bit = 1U << depth_++;
  objects_ = object ? objects_ | bit : objects_ & ~bit;
  expect_ = object ? Expect::kNameOrEnd : Expect::kValueOrEnd;
  return {object ? JsonKind::kObjectBegin : JsonKind::kArrayBegin, text_.substr(at_++, 1)};
}

JsonToken JsonReader::close(char bracket) {
  const bool object = in_object();
  if (bracket != (object ? '}' : ']')) return fail();
  --depth_;
  after_value();
  return {object ? JsonKind::kObjectEnd : JsonKind::kArrayEnd, text_.substr(at_++, 1)};
}

JsonToken JsonReader::read_name() {
  JsonToken token{JsonKind::kName, {}};
  if (text_[at_] != '"' || !read_string(token.text)) return fail();
  skip_blanks();
  if (at_ == text_.size() || text_[at_] != ':') return fail();
  ++at_;
  expect_ = Expect::kValue;
  return token;
}

JsonToken JsonReader::read_value(char first) {
  switch (first) {
    case '{':
      return open(true);
    case '[':
      return open(false);
    case 't':
      return read_word("true", JsonKind::kTrue);
    case 'f':
      return read_word("false", JsonKind::kFalse);
    case 'n':
      return read_word("null", JsonKind::kNull);
    case '"': {
      JsonToken token{JsonKind::kString, {}};
      if (!read_string(token.text)) return fail();
      after_value();
      return token;
    }
    default:
      return read_number();
  }
}

JsonToken JsonReader::read_word(std::string_view word, JsonKind kind) {
  if (text_.substr(at_, word.size()) != word) return fail();
  at_ += word.size();
  after_value();
  return {kind, word};
}

bool JsonReader::read_string(std::string_view& raw) {
  const size_t begin = ++at_;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '"') {
      raw = text_.substr(begin, at_++ - begin);
      return true;
    }
    if (static_cast<unsigned char>(c) < 0x20) return false;
    const size_t bytes = c == '\\' ? escape_bytes(text_.substr(at_)) : 1;
    if (bytes == 0) return false;
    at_ += bytes;
  }
  return false;
}

/// Where the digits that begin at `from` end.
size_t JsonReader::digits(size_t from) const {
  while (from < text_.size() && text_[from] >= '0' && text_[from] <= '9') ++from;
  return from;
}

JsonToken JsonReader::read_number() {
  const auto is = [this](size_t i, char c) { return i < text_.size() && text_[i] == c; };
  size_t i = at_;
  if (is(i, '-')) ++i;
  const size_t whole = i;
  i = digits(i);
  if (i == whole || (is(whole, '0') && i > whole + 1)) return fail();
  if (is(i, '.')) {
    const size_t fraction = ++i;
    i = digits(i);
    if (i == fraction) return fail();
  }
  if (is(i, 'e') || is(i, 'E')) {
    ++i;
    if (is(i, '+') || is(i, '-')) ++i;
    const size_t exponent = i;
    i = digits(i);
    if (i == exponent) return fail();
  }
  JsonToken token{JsonKind::kNumber, text_.substr(at_, i - at_)};
  at_ = i;
  after_value();
  return token;
}

std::string json_unescaped(std::string_view raw) {
  std::string text(raw);
  if (json_has_escapes(raw)) text.resize(json_unescape(raw, text.data()));
  return text;
}

std::string json_text(std::string_view raw) {
  std::string text = json_unescaped(raw);
  return is_utf8(text) ? text : repair_utf8(text);
}

}  // namespace discovery::codec
