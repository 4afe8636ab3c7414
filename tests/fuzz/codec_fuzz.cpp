// Targets of src/codec: forms, multipart, paths, numbers, text. JSON is in codec_json_fuzz.cpp.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "codec/params.h"
#include "codec/percent.h"
#include "codec/text.h"
#include "codec/typed.h"
#include "fuzz/fuzz_target.h"

namespace discovery::fuzz {

namespace {

using codec::Param;
using codec::Params;
using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr size_t kParamsMax = 40;

Pairs copy(const Params& params) {
  Pairs pairs;
  for (const Param& p : params.all()) pairs.emplace_back(p.name, p.value);
  return pairs;
}

// ---- forms, against a model that is slow and plain ---------------------------------------------------------------

std::optional<std::string> model_decode(const std::string& text) {
  static const std::string kDigits = "0123456789abcdef";
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const size_t high = kDigits.find(codec::ascii_lower(text[i + 1]));
      const size_t low = kDigits.find(codec::ascii_lower(text[i + 2]));
      if (high == std::string::npos || low == std::string::npos) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

/// None: past the limit.
std::optional<Pairs> model_pairs(std::string_view text) {
  Pairs pairs;
  size_t seen = 0;
  std::vector<std::string> pieces(1);
  for (const char c : text) {
    if (c == '&') {
      pieces.emplace_back();
    } else {
      pieces.back() += c;
    }
  }
  for (const std::string& piece : pieces) {
    if (piece.empty()) continue;
    if (++seen > kParamsMax) return std::nullopt;
    if (piece.find(';') != std::string::npos) continue;
    const size_t equals = piece.find('=');
    const auto name = model_decode(piece.substr(0, equals));
    const auto value = model_decode(equals == std::string::npos ? "" : piece.substr(equals + 1));
    if (name && value) pairs.emplace_back(*name, *value);
  }
  return pairs;
}

}  // namespace

void fuzz_urlencoded(std::string_view input) {
  Params params;
  const auto expected = model_pairs(input);
  const auto added = params.add_urlencoded(input, kParamsMax);
  FUZZ_CHECK(added.has_value() == expected.has_value());
  if (!expected) return;
  FUZZ_CHECK(copy(params) == *expected);
  // A second text must not move what the first one decoded.
  const bool fits = params.add_urlencoded(input, 2 * kParamsMax).has_value();
  Pairs twice = *expected;
  twice.insert(twice.end(), expected->begin(), expected->end());
  FUZZ_CHECK(fits && copy(params) == twice);
}

const RegisteredTarget kUrlencoded({"urlencoded",
                                    fuzz_urlencoded,
                                    {"env=dev&appid=shop.cart&hostname=cart-0&zone=zone-a",
                                     "addrs=http%3A%2F%2F10.1.0.7%3A8000&addrs=grpc%3a%2f%2fx&metadata=%7B%7D",
                                     "a=1&b;c=2&d=%zz&&e=+f&=g&h"},
                                    {"&", "=", ";", "+", "%", "%2", "%26", "%3D", "%zz", "&a=1", "appid="}});

void fuzz_percent(std::string_view input) {
  std::string encoded;
  codec::percent_encode(input, encoded);
  std::string back = "x";
  FUZZ_CHECK(codec::percent_decode_form(encoded, back));
  FUZZ_CHECK(back.substr(1) == input);
  const auto expected = model_decode(std::string(input));
  std::string decoded = "x";
  FUZZ_CHECK(codec::percent_decode_form(input, decoded) == expected.has_value());
  FUZZ_CHECK(decoded == "x" + expected.value_or(""));
}

const RegisteredTarget kPercent({"percent", fuzz_percent, {"a%20b+c", "plain"}, {"%", "%4", "%41", "%zz", "+"}});

// ---- multipart: what was accepted, written anew, reads the same ---------------------------------------------------

namespace {

std::string unused_boundary(const Pairs& pairs) {
  for (size_t i = 0;; ++i) {
    const std::string boundary = "again" + std::to_string(i);
    bool used = false;
    for (const auto& [name, value] : pairs) used = used || value.find(boundary) != std::string::npos;
    if (!used) return boundary;
  }
}

std::string write_multipart(const Pairs& pairs, const std::string& boundary) {
  std::string body;
  for (const auto& [name, value] : pairs) {
    body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"";
    for (const char c : name) {
      if (c == '"' || c == '\\') body += '\\';
      body += c;
    }
    body += "\"\r\n\r\n" + value + "\r\n";
  }
  return body + "--" + boundary + "--\r\n";
}

}  // namespace

/// The first line is the content type.
void fuzz_multipart(std::string_view input) {
  const size_t line = std::min(input.find('\n'), input.size());
  const std::string_view body = input.substr(std::min(line + 1, input.size()));
  Params params;
  if (!params.add_multipart(body, input.substr(0, line), kParamsMax)) return;
  const Pairs pairs = copy(params);
  FUZZ_CHECK(pairs.size() <= kParamsMax);
  const std::string boundary = unused_boundary(pairs);
  const std::string again = write_multipart(pairs, boundary);
  Params second;
  FUZZ_CHECK(second.add_multipart(again, "multipart/form-data; boundary=" + boundary, kParamsMax).has_value());
  FUZZ_CHECK(copy(second) == pairs);
}

const RegisteredTarget kMultipart(
    {"multipart",
     fuzz_multipart,
     {"multipart/form-data; boundary=b\n--b\r\nContent-Disposition: form-data; "
      "name=\"appid\"\r\n\r\nshop.cart\r\n--b--\r\n",
      "multipart/form-data; boundary=\"b b\"\n--b b\r\nContent-Disposition: form-data; name=a\r\nContent-Type: "
      "x/y\r\n\r\n1\r\n"
      "--b b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"g\"\r\n\r\n2\r\n--b b--",
      "multipart/form-data; boundary=b\n--b\r\nContent-Disposition: form-data; name=\"a\\\"\\\\\"\r\n--b--"},
     {"\r\n--b", "\r\n--b--", "--b\r\n", "--", "; name=\"x\"", "; filename=x", "\"", "\\", ";",
      "Content-Disposition: form-data", "boundary="}});

// ---- paths ----------------------------------------------------------------------------------------------------------

void fuzz_path(std::string_view input) {
  std::string clean = "left over";
  if (!codec::clean_path(input, clean)) {
    FUZZ_CHECK(clean.empty());
    return;
  }
  FUZZ_CHECK(clean.starts_with('/'));
  FUZZ_CHECK(clean.find("//") == std::string::npos && clean.find('\0') == std::string::npos);
  const std::string bounded = clean + "/";
  FUZZ_CHECK(bounded.find("/./") == std::string::npos && bounded.find("/../") == std::string::npos);
  // Cleaning decodes, so a percent sign in the result must be written as one again.
  std::string raw;
  for (const char c : clean) raw += c == '%' ? std::string("%25") : std::string(1, c);
  std::string again;
  FUZZ_CHECK(codec::clean_path(raw, again) && again == clean);
}

const RegisteredTarget kPath({"path",
                              fuzz_path,
                              {"/discovery/fetch", "//discovery/./x/../fetch/", "/discovery/%2e%2e/x",
                               "/a/b/../../../c/."},
                              {"/", "//", "/./", "/../", "..", ".", "%2e", "%2f", "%25", "%00", "+"}});

// ---- numbers --------------------------------------------------------------------------------------------------------

namespace {

/// The number as it is written without plus and leading zeros; none: refused. `most` and `least` are the largest and
/// the smallest, the latter "" for unsigned.
std::optional<std::string> model_number(std::string_view text, const std::string& most, const std::string& least) {
  if (text.empty()) return "0";
  const bool negative = !least.empty() && text[0] == '-';
  if (negative || (!least.empty() && text[0] == '+')) text.remove_prefix(1);
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  if (text.empty()) return "0";
  const std::string limit = negative ? least.substr(1) : most;
  if (text.size() > limit.size() || (text.size() == limit.size() && text > limit)) return std::nullopt;
  return (negative ? "-" : "") + std::string(text);
}

template <class T>
void check_number(const Result<T>& result, const std::optional<std::string>& expected) {
  FUZZ_CHECK(result.has_value() == expected.has_value());
  if (result) {
    FUZZ_CHECK(std::to_string(result.value()) == *expected);
  } else {
    FUZZ_CHECK(result.error().code == ErrorCode::kInvalidArgument);
    FUZZ_CHECK(codec::is_utf8(result.error().message) && result.error().message.size() < 200);
  }
}

}  // namespace

void fuzz_typed(std::string_view input) {
  check_number(codec::parse_u32(input), model_number(input, "4294967295", ""));
  check_number(codec::parse_i64(input), model_number(input, "9223372036854775807", "-9223372036854775808"));
  std::string joined;
  codec::split_commas(input, [&](std::string_view item) {
    FUZZ_CHECK(!item.empty() && item.find(',') == std::string_view::npos);
    joined += item;
  });
  std::string without;
  for (const char c : input) {
    if (c != ',') without += c;
  }
  FUZZ_CHECK(joined == without);
}

const RegisteredTarget kTyped({"typed",
                               fuzz_typed,
                               {"0", "4294967295", "9223372036854775807", "-9223372036854775808", "+1", "a,b,,c"},
                               {"0", "9", "-", "+", ",", "_", "0x"}});

// ---- text -----------------------------------------------------------------------------------------------------------

void fuzz_text(std::string_view input) {
  const std::string repaired = codec::repair_utf8(input);
  FUZZ_CHECK(codec::is_utf8(repaired));
  FUZZ_CHECK(codec::is_utf8(input) == (repaired == input));
  FUZZ_CHECK(codec::repair_utf8(repaired) == repaired);
  for (const size_t bytes_max : {size_t{0}, size_t{7}, size_t{256}}) {
    const std::string shown = codec::printable(input, bytes_max);
    FUZZ_CHECK(shown.size() <= bytes_max + 3 && codec::is_utf8(shown));
    for (const char c : shown) FUZZ_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
  }
}

const RegisteredTarget kText(
    {"text",
     fuzz_text,
     {"plain ascii text", "längere Zeile 漢字 😀", "\xc3\x28\xa0\xa1\xe2\x28\xa1\xf0\x90\x28\xbc"},
     {"\x80", "\xc3", "\xc3\xa4", "\xe2\x82", "\xf0\x9f\x98\x80", "\xf4\x90", "\x1b[", "\u202e"}});

}  // namespace discovery::fuzz
