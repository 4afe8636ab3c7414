#include "layouts/names.h"

#include "codec/text.h"

namespace discovery::layouts {

namespace {

/// Precondition: UTF-8.
bool has_control(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;  // C1 are two bytes each
  }
  return false;
}

}  // namespace

bool is_name(std::string_view text, const InstanceLimits& limits) {
  return !text.empty() && text.size() <= limits.name_bytes_max && codec::is_utf8(text) && !has_control(text);
}

bool is_appid(std::string_view text, const Settings& settings) {
  return is_name(text, settings.limits) && text.find(',') == std::string_view::npos && text != settings.self_appid;
}

}  // namespace discovery::layouts
