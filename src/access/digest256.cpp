#include "access/digest256.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <new>

#include "codec/hex.h"

namespace discovery::access {

namespace {
const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
}  // namespace

Digest256 sha256(std::string_view text) {
  Digest256 digest;
  SHA256(bytes_of(text), text.size(), digest.data());
  return digest;
}

Digest256 hmac_sha256(std::string_view key, std::string_view text) {
  Digest256 digest;
  unsigned int bytes = 0;
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(), digest.data(),
            &bytes) ||
      bytes != digest.size()) {
    throw std::bad_alloc();
  }
  return digest;
}

bool equal(const Digest256& a, const Digest256& b) { return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

std::string to_hex(const Digest256& digest) {
  return codec::to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::optional<Digest256> digest_from_hex(std::string_view digits) {
  Digest256 digest;
  if (digits.size() != 2 * digest.size()) return std::nullopt;
  const auto bytes = codec::from_hex(digits);
  if (!bytes) return std::nullopt;
  bytes->copy(reinterpret_cast<char*>(digest.data()), digest.size());
  return digest;
}

}  // namespace discovery::access
