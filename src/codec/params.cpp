#include "codec/params.h"

#include <algorithm>
#include <string>

#include "codec/percent.h"
#include "codec/scan.h"

namespace discovery::codec {

namespace {

constexpr size_t kKeptParams = 64 * 1024 / sizeof(Param);

/// One pair of name and value, found in a single pass.
struct Pair {
  std::string_view text;
  size_t equals = std::string_view::npos;
  bool name_coded = false;
  bool value_coded = false;
  bool semicolon = false;

  [[nodiscard]] std::string_view name() const { return text.substr(0, equals); }
  [[nodiscard]] std::string_view value() const {
    return equals == std::string_view::npos ? std::string_view() : text.substr(equals + 1);
  }
};

Pair scan_pair(std::string_view text) {
  Pair pair;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* at = begin;
  for (; (at = find_any<'&', '=', '%', '+', ';'>(at, end)) != end && *at != '&'; ++at) {
    if (*at == ';') {
      pair.semicolon = true;
    } else if (*at == '=') {
      if (pair.equals == std::string_view::npos) pair.equals = static_cast<size_t>(at - begin);
    } else if (pair.equals == std::string_view::npos) {
      pair.name_coded = true;
    } else {
      pair.value_coded = true;
      // Whatever else is in the value is decoded anyway; only its end and a semicolon matter.
      at = find_any<'&', ';'>(at, end) - 1;
    }
  }
  pair.text = text.substr(0, static_cast<size_t>(at - begin));
  return pair;
}

}  // namespace

Result<void> Params::count_one(size_t params_max) {
  if (counted_ >= params_max) {
    return Error{ErrorCode::kLimitExceeded, "more than " + std::to_string(params_max) + " parameters"};
  }
  ++counted_;
  return {};
}

bool Params::decode_form(std::string_view& text) {
  char* to = decoded_.room(text.size());
  const size_t bytes = percent_decode_form_to(text, to);
  if (bytes == kInvalidEscape) return false;
  decoded_.commit(bytes);
  text = {to, bytes};
  return true;
}

Result<void> Params::add_urlencoded(std::string_view text, size_t params_max) {
  while (!text.empty()) {
    const Pair pair = scan_pair(text);
    text.remove_prefix(std::min(pair.text.size() + 1, text.size()));
    if (pair.text.empty()) continue;
    if (auto counted = count_one(params_max); !counted) return counted;
    if (pair.semicolon) continue;
    Param param{pair.name(), pair.value()};
    if (pair.name_coded && !decode_form(param.name)) continue;
    if (pair.value_coded && !decode_form(param.value)) continue;
    params_.push_back(param);
  }
  return {};
}

void Params::clear() {
  if (params_.capacity() > kKeptParams) params_ = std::vector<Param>();
  params_.clear();
  decoded_.clear();
  counted_ = 0;
}

}  // namespace discovery::codec
