#include "node/admin_token.h"

#include <algorithm>
#include <fstream>

#include "codec/text.h"

namespace discovery::node {

Result<AdminToken> AdminToken::load(const std::string& path) {
  AdminToken token;
  if (path.empty()) return token;
  const auto problem = [&](const std::string& what) { return invalid("admin.token_file: " + path + ' ' + what); };
  std::ifstream file(path, std::ios::binary);
  if (!file) return problem("cannot be read");
  std::string text(kBytesMax + 3, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return problem("cannot be read");
  text.resize(static_cast<size_t>(file.gcount()));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.size() < kBytesMin || text.size() > kBytesMax) {
    return problem("must hold a token of " + std::to_string(kBytesMin) + " to " + std::to_string(kBytesMax) + " bytes");
  }
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; })) {
    return problem("must hold one token of printable ASCII without blanks");
  }
  token.token_ = std::move(text);
  return token;
}

bool AdminToken::matches(std::string_view authorization) const {
  constexpr std::string_view kScheme = "bearer ";
  if (!set() || authorization.size() <= kScheme.size() ||
      !codec::equals_ignoring_case(authorization.substr(0, kScheme.size()), kScheme)) {
    return false;
  }
  const std::string_view given = codec::trim_blanks(authorization.substr(kScheme.size()));
  if (given.size() != token_.size()) return false;
  unsigned char differs = 0;
  for (size_t i = 0; i < token_.size(); ++i) differs |= static_cast<unsigned char>(given[i] ^ token_[i]);
  return differs == 0;
}

}  // namespace discovery::node
