#include "node/secrets.h"

#include <utility>

#include "node/access_files.h"
#include "node/settings.h"

namespace discovery::node {

Result<Secrets> load_secrets(const Config& config) {
  auto identity = tls_identity(config);
  if (!identity) return identity.error();
  auto etcd = etcd_identity(config);
  if (!etcd) return etcd.error();
  auto token = AdminToken::load(config.admin.token_file);
  if (!token) return token.error();
  auto access = load_access(config, *token);
  if (!access) return access.error();
  return Secrets{std::move(*token), std::move(*access), std::move(*identity), std::move(*etcd)};
}

}  // namespace discovery::node
