// JSON text as a sequence of tokens, for input from outside.
//
// It does what the borrowed library cannot: numbers keep their exact text (2^53 + 1, 1e999999), lone surrogates and
// ill-formed UTF-8 in strings are no error, and nothing is allocated. Nesting is a bit mask, not the stack: a million
// '[' are refused at the seventeenth.
//
// Lifecycle: reads the text it was made with; tokens are views into it. Thread: none of its own.
// Errors: kError, and then always kError. Cost: linear.
// Source: RFC 8259, and Go's encoding/json for what is lenient (ill-formed text in strings).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace discovery::codec {

enum class JsonKind : uint8_t {
  kObjectBegin,
  kObjectEnd,
  kArrayBegin,
  kArrayEnd,
  kName,  ///< of a member; its value follows
  kString,
  kNumber,
  kTrue,
  kFalse,
  kNull,
  kEnd,  ///< exactly one value was read and nothing follows it
  kError,
};

struct JsonToken {
  JsonKind kind = JsonKind::kError;
  std::string_view
      text;  ///< as written (of words a literal); of kName and kString what stands between the quotes, not yet decoded
};

class JsonReader {
 public:
  static constexpr unsigned kDepthMax = 16;

  explicit JsonReader(std::string_view text) : text_(text) {}

  [[nodiscard]] JsonToken next();
  /// After kObjectBegin or kArrayBegin: reads up to the end of that container. False: kError came first.
  [[nodiscard]] bool skip_container();
  /// Reads to the end of the value that begins with `first`. False: there is none, or no valid JSON.
  [[nodiscard]] bool skip(const JsonToken& first);

 private:
  enum class Expect : uint8_t { kValue, kValueOrEnd, kNameOrEnd, kName, kCommaOrEnd, kNothing };

  [[nodiscard]] JsonToken fail();
  [[nodiscard]] JsonToken read_value(char first);
  [[nodiscard]] JsonToken read_name();
  [[nodiscard]] JsonToken read_word(std::string_view word, JsonKind kind);
  [[nodiscard]] JsonToken read_number();
  [[nodiscard]] JsonToken open(bool object);
  [[nodiscard]] JsonToken close(char bracket);
  [[nodiscard]] bool read_string(std::string_view& raw);
  [[nodiscard]] size_t digits(size_t from) const;
  void skip_blanks();
  void after_value() { expect_ = depth_ == 0 ? Expect::kNothing : Expect::kCommaOrEnd; }
  [[nodiscard]] bool in_object() const { return depth_ > 0 && (objects_ >> (depth_ - 1) & 1) != 0; }

  std::string_view text_;
  size_t at_ = 0;
  uint32_t objects_ = 0;  ///< bit i: the container at depth i + 1 is an object
  unsigned depth_ = 0;
  Expect expect_ = Expect::kValue;
  bool failed_ = false;
};

/// True when json_unescape() would change it.
[[nodiscard]] inline bool json_has_escapes(std::string_view raw) { return raw.find('\\') != std::string_view::npos; }

/// Decodes what stood between the quotes of a kName or kString into `to`, which has room for raw.size() bytes; returns
/// the bytes written. A lone surrogate becomes U+FFFD; other bytes are copied, ill-formed UTF-8 too.
[[nodiscard]] size_t json_unescape(std::string_view raw, char* to);
[[nodiscard]] std::string json_unescaped(std::string_view raw);
/// The same as well-formed UTF-8: what is none is repaired (text.h).
[[nodiscard]] std::string json_text(std::string_view raw);

}  // namespace discovery::codec
