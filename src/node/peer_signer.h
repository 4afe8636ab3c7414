// Signs requests to other nodes, where there is a key to sign with.
//
// Thread: a value, of whoever has it; the key is shared and immutable.
#pragma once

#include <memory>
#include <string_view>

#include "access/peer_signature.h"
#include "net/client_types.h"
#include "node/kernel_random.h"

namespace discovery::node {

class PeerSigner {
 public:
  /// Leaves requests as they are.
  PeerSigner() = default;
  explicit PeerSigner(std::shared_ptr<const access::PeerKey> key) : key_(std::move(key)) {}

  /// `to`: the other node as it is configured, host:port. The request must not change any more.
  void sign(net::ClientRequest& request, std::string_view to, TimePoint now) const {
    if (!key_) return;
    const std::string_view target = request.target;
    const size_t mark = target.find('?');
    const std::string_view query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
    request.headers.emplace_back(
        "Authorization", key_->sign({codec::method_name(request.method), target.substr(0, mark), query, request.body},
                                    to, now, from_kernel<access::Nonce>()));
  }

 private:
  std::shared_ptr<const access::PeerKey> key_;
};

}  // namespace discovery::node
