// What may be a secret: long enough, and none that everybody knows.
//
// Pure functions. Source: security.md 1, "default secrets": Nacos shipped a token key and server identities that
// everybody could look up, and many never changed them (removed in 2.2.0.1).
#pragma once

#include <cstddef>
#include <string_view>

#include "access/digest256.h"
#include "base/result.h"

namespace discovery::access {

inline constexpr size_t kTokenBytesMin = 16;
inline constexpr size_t kPeerKeyBytesMin = 32;
inline constexpr size_t kSecretBytesMax = 512;

/// kInvalidArgument, with what is wrong and never with the secret: length, not printable ASCII without blanks, fewer
/// than eight different characters, or one from a manual.
[[nodiscard]] Result<void> check_secret(std::string_view secret, size_t bytes_min);

/// Of a whole secret that stands in a manual.
[[nodiscard]] bool is_hash_of_known_secret(const Digest256& digest);

}  // namespace discovery::access
