#include "node/admin_token.h"

#include "access/access_control.h"
#include "access/digest256.h"
#include "access/secrets.h"
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
  if (const auto good = access::check_secret(text, access::kTokenBytesMin); !good) return problem(good.error().message);
  token.token_ = text;
  return token;
}

bool AdminToken::matches(std::string_view authorization) const {
  const auto given = access::bearer_token(authorization);
  return set() && given && access::equal(access::sha256(*given), access::sha256(token_));
}

}  // namespace discovery::node
