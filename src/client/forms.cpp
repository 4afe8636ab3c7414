#include "client/forms.h"

#include <nlohmann/json.hpp>

#include "discovery/call.h"

namespace discovery::client {

namespace {

constexpr std::string_view kAppid = "&appid=";
constexpr std::string_view kTimestamp = "&latest_timestamp=";
constexpr size_t kTimestampDigits = 20;

void append_encoded(std::string& text, std::string_view value) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                       byte == '-' || byte == '.' || byte == '_' || byte == '~';
    if (plain) {
      text += c;
    } else {
      text += '%';
      text += kDigits[byte >> 4];
      text += kDigits[byte & 15];
    }
  }
}

}  // namespace

std::string encode_form(const Parameters& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    if (!text.empty()) text += '&';
    append_encoded(text, name);
    text += '=';
    append_encoded(text, value);
  }
  return text;
}

std::string key_form(const Instance& instance) {
  return encode_form({{"region", instance.region},
                      {"zone", instance.zone},
                      {"env", instance.env},
                      {"appid", instance.appid},
                      {"hostname", instance.hostname}});
}

std::string register_form(const Instance& instance) {
  Parameters more = {{"status", std::to_string(static_cast<int>(instance.status))}, {"version", instance.version}};
  for (const std::string& addr : instance.addrs) more.emplace_back("addrs", addr);
  if (!instance.metadata.empty()) {
    // Ill-formed UTF-8 would make dump() throw; the registry stores U+FFFD for it as well.
    more.emplace_back("metadata",
                      nlohmann::json(instance.metadata).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  return key_form(instance) + "&" + encode_form(more);
}

std::string fetch_target(std::string_view env, std::string_view appid) {
  return "/discovery/fetch?" + encode_form({{"env", std::string(env)}, {"appid", std::string(appid)}, {"status", "1"}});
}

std::string polls_target(std::string_view env, std::string_view hostname, const std::vector<Cursor>& cursors) {
  std::string target =
      "/discovery/polls?" + encode_form({{"env", std::string(env)}, {"hostname", std::string(hostname)}});
  for (const Cursor& cursor : cursors) {
    target += kAppid;
    append_encoded(target, cursor.appid);
    target += kTimestamp;
    target += std::to_string(cursor.latest_timestamp_ns);
  }
  return target;
}

size_t poll_bytes(std::string_view appid) {
  std::string encoded;
  append_encoded(encoded, appid);
  return kAppid.size() + encoded.size() + kTimestamp.size() + kTimestampDigits;
}

}  // namespace discovery::client
