// What access control is made of, read from the files that the configuration names.
//
// The token file is JSON, in which // and /* */ comments are allowed:
//
//   {"tokens": [
//     {"name": "shop-team", "secret": "16 to 512 printable characters",
//      "grants": [{"rights": ["read", "write"], "env": "prod", "apps": ["shop."]}]},
//     {"name": "prometheus", "secret_sha256": "64 hexadecimal digits", "grants": [{"rights": ["read"]}]},
//     {"name": "anonymous", "grants": [{"rights": ["read"]}]}]}
//
// Without env a grant is for every environment, without apps for every application. The token of admin.token_file, if
// there is one, may do everything.
// The key file holds one secret; line ends behind it do not count.
// Thread: any that may wait for a disk. Limits: kFileBytesMax. Errors: kInvalidArgument, with the name of the file, all
// problems of it, a line each, and never a secret.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "access/access_control.h"
#include "access/token_table.h"
#include "base/result.h"
#include "node/admin_token.h"
#include "node/config.h"

namespace discovery::node {

inline constexpr size_t kAccessFileBytesMax = size_t{4} << 20;

[[nodiscard]] Result<std::vector<access::TokenSpec>> parse_tokens(std::string_view text);

/// Off when the configuration says so. `admin`: of admin.token_file.
[[nodiscard]] Result<access::AccessSettings> load_access(const Config& config, const AdminToken& admin);

/// Files with secrets that others on this machine may read, for a warning each.
[[nodiscard]] std::vector<std::string> readable_by_others(const Config& config);

}  // namespace discovery::node
