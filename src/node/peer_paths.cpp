#include "node/peer_paths.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cluster/messages.h"

namespace discovery::node {

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto b = static_cast<unsigned char>(c);
    out += kDigits[b >> 4];
    out += kDigits[b & 15];
  }
  return out;
}

Result<std::string> from_hex(std::string_view digits) {
  const auto value = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (digits.size() % 2 != 0) return invalid("an odd number of hexadecimal digits");
  std::string out;
  out.reserve(digits.size() / 2);
  for (size_t i = 0; i < digits.size(); i += 2) {
    const int high = value(digits[i]);
    const int low = value(digits[i + 1]);
    if (high < 0 || low < 0) return invalid("no hexadecimal digit");
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::string hello_envelope(std::string_view hello) {
  std::string out = fmt::format(R"({{"code":0,"message":"0","ttl":1,"data":{{"protocol":"{}","version":{})",
                                kPeerProtocol, cluster::kProtocolMax);
  if (!hello.empty()) out += fmt::format(R"(,"hello":"{}")", to_hex(hello));
  return out + "}}";
}

std::string hello_refusal(std::string_view why) {
  nlohmann::ordered_json body;
  body["error"] = why;
  body["data"] = {{"protocol", kPeerProtocol}, {"version", cluster::kProtocolMax}};
  return body.dump();
}

std::optional<std::string> read_hello_envelope(std::string_view body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto data = json.find("data");
  if (data == json.end() || !data->is_object()) return std::nullopt;
  const auto protocol = data->find("protocol");
  const auto version = data->find("version");
  if (protocol == data->end() || !protocol->is_string() || protocol->get_ref<const std::string&>() != kPeerProtocol ||
      version == data->end() || !version->is_number_unsigned() || version->get<uint64_t>() < cluster::kProtocolMin) {
    return std::nullopt;
  }
  const auto hello = data->find("hello");
  if (hello == data->end() || !hello->is_string()) return std::string();
  const auto bytes = from_hex(hello->get_ref<const std::string&>());
  return bytes ? *bytes : std::string();
}

}  // namespace discovery::node
