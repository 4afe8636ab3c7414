// The peer protocol in HTTP: one path per kind of message (replication.md 2.5, "negotiated by GET").
//
//   GET  /discovery/peer/hello?m=HEX   a JSON envelope whose data has "protocol":"discoveryd", "version" and, where m
//   was
//                                      given, "hello": HEX; without m it only says who answers here
//   POST /discovery/peer/{push,digest,leaves,sync}   octets in, octets out (cluster/messages.h); HTTP statuses
//
// Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace discovery::node {

inline constexpr std::string_view kPeerProtocol = "discoveryd";
inline constexpr std::string_view kPeerContentType = "application/octet-stream";

/// `hello`: an encoded HelloReply; empty: only who answers here.
[[nodiscard]] std::string hello_envelope(std::string_view hello);
/// To one that is not answered: why, and that it is no original that refuses.
[[nodiscard]] std::string hello_refusal(std::string_view why);
/// The HelloReply's bytes, empty where there were none; none at all: it is not one of ours that answers.
[[nodiscard]] std::optional<std::string> read_hello_envelope(std::string_view body);

}  // namespace discovery::node
