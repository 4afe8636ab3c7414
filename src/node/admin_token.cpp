#include "node/admin_token.h"

#include <algorithm>

#include "access/access_control.h"
#include "access/digest256.h"
#include "codec/text.h"
#include "node/config_load.h"

namespace discovery::node {

namespace {
constexpr size_t kFileBytesMax = 4096;  // past it no token, whatever stands around it
}  // namespace

Result<AdminToken> AdminToken::load(const std::string& path) {
  AdminToken token;
  if (path.empty()) return token;
  const auto problem = [&](const std::string& what) { return invalid("admin.token_file: " + path + ' ' + what); };
  const auto whole = read_small_file(path, kFileBytesMax);
  if (!whole) return problem(whole.error().message);
  const std::string_view text = codec::trim_line_ends(*whole);
  if (text.size() < kBytesMin || text.size() > kBytesMax) {
    return problem("must hold a token of " + std::to_string(kBytesMin) + " to " + std::to_string(kBytesMax) + " bytes");
  }
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; })) {
    return problem("must hold one token of printable ASCII without blanks");
  }
  token.token_ = text;
  return token;
}

bool AdminToken::matches(std::string_view authorization) const {
  const auto given = access::bearer_token(authorization);
  return set() && given && access::equal(access::sha256(*given), access::sha256(token_));
}

}  // namespace discovery::node
