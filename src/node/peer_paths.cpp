#include "node/peer_paths.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cluster/messages.h"
#include "codec/hex.h"

namespace discovery::node {

std::string hello_envelope(std::string_view hello) {
  std::string out = fmt::format(R"({{"code":0,"message":"0","ttl":1,"data":{{"protocol":"{}","version":{})",
                                kPeerProtocol, cluster::kProtocolMax);
  if (!hello.empty()) out += fmt::format(R"(,"hello":"{}")", codec::to_hex(hello));
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
  const auto bytes = codec::from_hex(hello->get_ref<const std::string&>());
  return bytes ? *bytes : std::string();
}

}  // namespace discovery::node
