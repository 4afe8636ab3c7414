// The tokens of a node, found by what a client sends.
//
// Lifecycle: made whole from what a file says, then immutable; a reload makes another. Thread: any.
// Cost of find(): one SHA-256 of what was sent and a look into a table; the time says nothing about other tokens, since
// what is compared are hashes. Limits: kTokensMax tokens, kGrantsMax grants each, kPrefixesMax prefixes a grant.
// Errors of make(): kInvalidArgument, all problems, a line each, with names and never with a secret.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/digest256.h"
#include "access/rights.h"
#include "base/result.h"

namespace discovery::access {

/// The name of whoever sends no token; the only one that has none.
inline constexpr std::string_view kAnonymous = "anonymous";

/// A token as a file says it.
struct TokenSpec {
  Principal who;
  std::string secret;         ///< "": not given
  std::string secret_sha256;  ///< 64 hexadecimal digits instead of it; "": not given
};

class TokenTable {
 public:
  static constexpr size_t kTokensMax = 10'000;
  static constexpr size_t kGrantsMax = 64;
  static constexpr size_t kPrefixesMax = 256;
  static constexpr size_t kNameBytesMax = 128;

  /// Knows nobody.
  TokenTable() = default;
  [[nodiscard]] static Result<TokenTable> make(std::vector<TokenSpec> specs);

  /// Null: unknown. Valid as long as the table.
  [[nodiscard]] const Principal* find(std::string_view secret) const;
  /// Null: who sends no token may do nothing.
  [[nodiscard]] const Principal* anonymous() const { return anonymous_ ? &*anonymous_ : nullptr; }
  [[nodiscard]] size_t size() const { return by_digest_.size(); }

 private:
  std::map<Digest256, Principal> by_digest_;
  std::optional<Principal> anonymous_;
};

}  // namespace discovery::access
