#include "access/token_table.h"

#include <algorithm>
#include <set>
#include <utility>

#include "access/secrets.h"
#include "codec/text.h"

namespace discovery::access {

namespace {

/// "token shop-team"; by its place where it has no name.
std::string title(const TokenSpec& spec, size_t place) {
  return spec.who.name.empty() ? "token number " + std::to_string(place + 1)
                               : "token " + codec::printable(spec.who.name, TokenTable::kNameBytesMax);
}

Result<void> check_name(const std::string& name) {
  if (name.empty()) return invalid("has no name");
  const bool fits = name.size() <= TokenTable::kNameBytesMax &&
                    std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (!fits) return invalid("its name must be at most 128 printable ASCII characters without blanks");
  return {};
}

Result<void> check_grants(const std::vector<Grant>& grants) {
  if (grants.empty() || grants.size() > TokenTable::kGrantsMax) return invalid("must have 1 to 64 grants");
  for (const Grant& grant : grants) {
    if (grant.rights == 0) return invalid("has a grant without rights");
    if (grant.apps.size() > TokenTable::kPrefixesMax) return invalid("has a grant with more than 256 prefixes");
    if (std::find(grant.apps.begin(), grant.apps.end(), "") != grant.apps.end()) {
      return invalid("has a grant with an empty prefix: leave apps out to mean every application");
    }
  }
  return {};
}

/// None of the anonymous.
Result<std::optional<Digest256>> digest_of(const TokenSpec& spec) {
  const bool anonymous = spec.who.name == kAnonymous;
  if (!spec.secret.empty() && !spec.secret_sha256.empty()) return invalid("has both secret and secret_sha256");
  if (anonymous && !(spec.secret.empty() && spec.secret_sha256.empty())) {
    return invalid("is for those who send none, so it has no secret");
  }
  if (anonymous) return std::optional<Digest256>();
  if (!spec.secret_sha256.empty()) {
    auto digest = digest_from_hex(spec.secret_sha256);
    if (!digest) return invalid("secret_sha256 must be 64 hexadecimal digits");
    if (is_hash_of_known_secret(*digest)) return invalid("secret_sha256 is of a secret from a manual");
    return digest;
  }
  if (spec.secret.empty()) return invalid("has neither secret nor secret_sha256");
  if (const auto good = check_secret(spec.secret, kTokenBytesMin); !good) {
    return invalid("its secret " + good.error().message);
  }
  return std::optional(sha256(spec.secret));
}

}  // namespace

Result<TokenTable> TokenTable::make(std::vector<TokenSpec> specs) {
  if (specs.size() > kTokensMax) return invalid("more than " + std::to_string(kTokensMax) + " tokens");
  TokenTable table;
  std::string problems;
  std::set<std::string> names;
  for (size_t i = 0; i < specs.size(); ++i) {
    TokenSpec& spec = specs[i];
    const auto problem = [&](const std::string& what) {
      if (!problems.empty()) problems += '\n';
      problems += title(spec, i) + ' ' + what;
    };
    if (const auto named = check_name(spec.who.name); !named) {
      problem(named.error().message);
      continue;
    }
    if (!names.insert(spec.who.name).second) problem("stands there twice");
    if (const auto granted = check_grants(spec.who.grants); !granted) problem(granted.error().message);
    const auto digest = digest_of(spec);
    if (!digest) {
      problem(digest.error().message);
    } else if (!*digest) {
      table.anonymous_ = std::move(spec.who);
    } else if (const auto [at, fresh] = table.by_digest_.emplace(**digest, spec.who); !fresh) {
      problem("has the secret of token " + at->second.name);
    }
  }
  if (!problems.empty()) return invalid(std::move(problems));
  return table;
}

const Principal* TokenTable::find(std::string_view secret) const {
  if (secret.empty() || secret.size() > kSecretBytesMax) return nullptr;
  const auto it = by_digest_.find(sha256(secret));
  return it == by_digest_.end() ? nullptr : &it->second;
}

}  // namespace discovery::access
