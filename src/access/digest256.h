// SHA-256 and HMAC-SHA-256, and comparing such values without telling by the time where they differ.
//
// Pure functions; OpenSSL's libcrypto computes. Errors: none; running out of memory throws std::bad_alloc.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace discovery::access {

using Digest256 = std::array<unsigned char, 32>;

[[nodiscard]] Digest256 sha256(std::string_view text);
/// Precondition: a key of less than 2 GiB.
[[nodiscard]] Digest256 hmac_sha256(std::string_view key, std::string_view text);
/// Takes the same time whatever differs.
[[nodiscard]] bool equal(const Digest256& a, const Digest256& b);

/// Lower case, two digits a byte.
[[nodiscard]] std::string to_hex(const Digest256& digest);
/// 64 hexadecimal digits of either case; none for anything else.
[[nodiscard]] std::optional<Digest256> digest_from_hex(std::string_view digits);

}  // namespace discovery::access
