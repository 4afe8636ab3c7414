// The secrets of a node, read from the files that the configuration names: at start, on a reload, and by --check.
//
// Thread: any that may wait for a disk. Errors: kInvalidArgument, with the key and the file; never with what stands in
// it. Nothing of one reading is used when another part of it fails.
#pragma once

#include <memory>

#include "access/access_control.h"
#include "base/result.h"
#include "net/tls.h"
#include "node/admin_token.h"
#include "node/config.h"

namespace discovery::node {

struct Secrets {
  AdminToken token;
  access::AccessSettings access;
  std::shared_ptr<const net::TlsIdentity> identity;       ///< null without TLS
  std::shared_ptr<const net::TlsIdentity> etcd_identity;  ///< null: clients of etcd come without TLS
};
[[nodiscard]] Result<Secrets> load_secrets(const Config& config);

}  // namespace discovery::node
