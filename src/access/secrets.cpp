#include "access/secrets.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "codec/text.h"

namespace discovery::access {

namespace {
constexpr size_t kDifferentMin = 8;

/// Parts of secrets that stand in manuals, in lower case.
constexpr std::array<std::string_view, 10> kKnown{
    "secretkey0123456789",                  // Nacos, until 2.2.0
    "vghpc0lztxlddxn0b21tzwnyzxrlzxkwmti",  // Nacos, the example of its manual, in base64
    "u2vjcmv0s2v5mdeymzq1njc4ota",          // the same of the first
    "nacos-serveridentity",
    "serveridentity",  // Nacos, until 2.2.1
    "changeme",
    "change-me",
    "change_me",
    "replace-me",
    "0123456789abcdef0123456789abcdef",
};

/// Whole ones of them, for where only a hash is given.
constexpr std::array<std::string_view, 4> kKnownWhole{
    "SecretKey012345678901234567890123456789012345678901234567890123456789",
    "U2VjcmV0S2V5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODk=",
    "VGhpc0lzTXlDdXN0b21TZWNyZXRLZXkwMTIzNDU2Nzg=",
    "0123456789abcdef0123456789abcdef",
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), codec::ascii_lower);
  return out;
}
}  // namespace

Result<void> check_secret(std::string_view secret, size_t bytes_min) {
  if (secret.size() < bytes_min || secret.size() > kSecretBytesMax) {
    return invalid("must have " + std::to_string(bytes_min) + " to " + std::to_string(kSecretBytesMax) +
                   " bytes, not " + std::to_string(secret.size()));
  }
  if (!std::all_of(secret.begin(), secret.end(), [](char c) { return c > ' ' && c < 0x7F; })) {
    return invalid("must be printable ASCII without blanks");
  }
  if (std::set<char>(secret.begin(), secret.end()).size() < kDifferentMin) {
    return invalid("has too few different characters: anybody would guess it");
  }
  const std::string text = lower(secret);
  for (const std::string_view known : kKnown) {
    if (text.find(known) != std::string::npos) return invalid("is one from a manual, which anybody may know");
  }
  return {};
}

bool is_hash_of_known_secret(const Digest256& digest) {
  return std::ranges::any_of(kKnownWhole, [&](std::string_view known) { return sha256(known) == digest; });
}

}  // namespace discovery::access
