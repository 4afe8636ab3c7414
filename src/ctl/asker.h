// How the tool asks nodes: an interface, so that tests answer for them.
//
// Thread: ask_each() asks from several threads at a time, everything else from one. Errors: in the answer. Time:
// bounded by CallOptions.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "discovery/call.h"

namespace discovery::ctl {

class Asker {
 public:
  virtual ~Asker() = default;
  /// The first of nodes() that answers.
  [[nodiscard]] virtual client::CallAnswer ask(client::CallRequest request) = 0;
  /// That node and no other.
  [[nodiscard]] virtual client::CallAnswer ask_at(const std::string& node, client::CallRequest request) = 0;
  /// Each of them, the answers in their order.
  [[nodiscard]] virtual std::vector<client::CallAnswer> ask_each(const std::vector<std::string>& nodes,
                                                                 const client::CallRequest& request);
  /// Those it was told of, in order.
  [[nodiscard]] virtual const std::vector<std::string>& nodes() const = 0;
};

/// Over HTTP, by the client library. Throws std::invalid_argument for options that client::check() refuses.
[[nodiscard]] std::unique_ptr<Asker> http_asker(client::CallOptions options);

}  // namespace discovery::ctl
