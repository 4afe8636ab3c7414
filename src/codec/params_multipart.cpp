#include <algorithm>
#include <optional>
#include <string>

#include "codec/params.h"
#include "codec/text.h"

namespace discovery::codec {

namespace {

constexpr size_t kBoundaryBytesMax = 70;  // RFC 2046 5.1.1
constexpr std::string_view kBlanks = " \t";

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// `; name=value`, the value without its quotes but with its backslashes.
struct HeaderParam {
  std::string_view name;
  std::string_view value;
  bool quoted = false;
};

/// The closing quote of a quoted string that begins at text[0] == '"'; npos when there is none.
size_t closing_quote(std::string_view text) {
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return i;
    if (text[i] == '\\') ++i;
  }
  return std::string_view::npos;
}

/// Takes the next parameter off `rest`, which begins at a ';' or is blank. False: none, or not well formed
/// (then `rest` is not blank).
bool take_param(std::string_view& rest, HeaderParam& param) {
  rest = trim(rest);
  if (rest.empty() || rest[0] != ';') return false;
  std::string_view text = trim(rest.substr(1));
  if (text.empty()) {  // "form-data; name=x;" is common
    rest = {};
    return false;
  }
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) return false;
  param.name = trim(text.substr(0, equals));
  text = trim(text.substr(equals + 1));
  param.quoted = text.starts_with('"');
  const size_t end = param.quoted ? closing_quote(text) : std::min(text.find(';'), text.size());
  if (end == std::string_view::npos || param.name.empty()) return false;
  param.value = param.quoted ? text.substr(1, end - 1) : trim(text.substr(0, end));
  rest = text.substr(param.quoted ? end + 1 : end);
  return true;
}

bool is_boundary_char(char c) {
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
}

/// "" when the content type names no usable boundary.
std::string_view find_boundary(std::string_view content_type) {
  std::string_view rest = content_type.substr(std::min(content_type.find(';'), content_type.size()));
  std::string_view boundary;
  for (HeaderParam param; take_param(rest, param);) {
    if (!equals_ignoring_case(param.name, "boundary")) continue;
    if (!boundary.empty()) return {};  // two of them: which one would another reader take?
    boundary = param.value;
    if (boundary.empty() || boundary.size() > kBoundaryBytesMax || boundary.back() == ' ') return {};
    if (!std::all_of(boundary.begin(), boundary.end(), is_boundary_char)) return {};
  }
  return trim(rest).empty() ? boundary : std::string_view();
}

struct Delimiter {
  size_t begin;  ///< of the CRLF before it, which belongs to it
  size_t end;    ///< just before the CRLF that ends its line
  bool last;
};

/// The delimiter line that begins at `begin` and whose boundary ends at `end`. None when the line goes on: a longer
/// word that only begins like a delimiter is content.
std::optional<Delimiter> delimiter_at(std::string_view body, size_t begin, size_t end) {
  if (body.substr(end, 2) == "--") return Delimiter{begin, end + 2, true};
  end = std::min(body.find_first_not_of(kBlanks, end), body.size());
  if (body.substr(end, 2) == "\r\n") return Delimiter{begin, end, false};
  return std::nullopt;
}

/// The next one at or after `from`. `mark` is CRLF "--" boundary.
std::optional<Delimiter> next_delimiter(std::string_view body, std::string_view mark, size_t from) {
  for (size_t at = body.find(mark, from); at != std::string_view::npos; at = body.find(mark, at + 1)) {
    if (auto found = delimiter_at(body, at, at + mark.size())) return found;
  }
  return std::nullopt;
}

/// The first one may stand at the very beginning, without its CRLF.
std::optional<Delimiter> first_delimiter(std::string_view body, std::string_view mark) {
  const std::string_view dashes = mark.substr(2);
  if (body.starts_with(dashes)) {
    if (auto found = delimiter_at(body, 0, dashes.size())) return found;
  }
  return next_delimiter(body, mark, 0);
}

/// The value of Content-Disposition in the head of a part; "" when there is none.
std::string_view find_disposition(std::string_view head) {
  while (!head.empty()) {
    const size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos && equals_ignoring_case(line.substr(0, colon), "content-disposition")) {
      return trim(line.substr(colon + 1));
    }
  }
  return {};
}

}  // namespace

std::string_view Params::decode_quoted(std::string_view raw) {
  if (raw.find('\\') == std::string_view::npos) return raw;
  char* const begin = decoded_.room(raw.size());
  char* to = begin;
  for (size_t i = 0; i < raw.size(); ++i) {
    // A backslash before anything but a quote or a backslash stays, as in Go: old browsers did not escape it.
    if (raw[i] == '\\' && i + 1 < raw.size() && (raw[i + 1] == '"' || raw[i + 1] == '\\')) ++i;
    *to++ = raw[i];
  }
  const auto bytes = static_cast<size_t>(to - begin);
  decoded_.commit(bytes);
  return {begin, bytes};
}

Result<void> Params::add_part(std::string_view part) {
  // A part without content may consist of its head alone (RFC 2046: MIME-part-headers [CRLF *OCTET]); the head may be
  // empty, then the part begins with the empty line.
  const size_t head_end = std::min(part.find("\r\n\r\n"), part.size());
  const std::string_view disposition = find_disposition(part.substr(0, head_end));
  const size_t kind_end = std::min(disposition.find(';'), disposition.size());
  if (!equals_ignoring_case(trim(disposition.substr(0, kind_end)), "form-data")) {
    return invalid("multipart: a part that is not form-data");
  }
  std::string_view rest = disposition.substr(kind_end);
  bool named = false;
  Param field;
  for (HeaderParam param; take_param(rest, param);) {
    if (equals_ignoring_case(param.name, "filename") || equals_ignoring_case(param.name, "filename*")) return {};
    if (!named && equals_ignoring_case(param.name, "name")) {
      named = true;
      field.name = param.quoted ? decode_quoted(param.value) : param.value;
    }
  }
  if (!trim(rest).empty() || !named) return invalid("multipart: a part without a readable name");
  if (head_end < part.size()) field.value = part.substr(head_end + 4);
  params_.push_back(field);
  return {};
}

Result<void> Params::add_multipart(std::string_view body, std::string_view content_type, size_t params_max) {
  const std::string_view boundary = find_boundary(content_type);
  if (boundary.empty()) return invalid("multipart: no usable boundary");
  const std::string mark = "\r\n--" + std::string(boundary);  // at most 74 bytes, and not on the hot path

  std::optional<Delimiter> at = first_delimiter(body, mark);
  while (at && !at->last) {
    // The CRLF that ends this line may be the one that begins the next delimiter: a part with nothing in it.
    const std::optional<Delimiter> next = next_delimiter(body, mark, at->end);
    if (next) {
      if (auto counted = count_one(params_max); !counted) return counted;
      const size_t begin = std::min(at->end + 2, next->begin);
      if (auto added = add_part(body.substr(begin, next->begin - begin)); !added) return added;
    }
    at = next;
  }
  if (!at) return invalid("multipart: no closing delimiter");
  return {};
}

}  // namespace discovery::codec
