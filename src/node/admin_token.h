// The token that lets somebody act on this node from elsewhere than its own machine, and from the page.
//
// Lifecycle: read from a file at start and on a reload. Thread: matches() any; the object is replaced as a whole.
// Limits: those of any secret (access/secrets.h), 16 to 512 bytes; line ends around it do not count.
// Errors of load(): kInvalidArgument, with the name of the file; never with what stands in it.
// Source: security.md 1, "default secrets": there is none, and comparing takes the same time whatever is wrong.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace discovery::node {

class AdminToken {
 public:
  /// Matches nothing.
  AdminToken() = default;
  /// "" for no token.
  [[nodiscard]] static Result<AdminToken> load(const std::string& path);

  [[nodiscard]] bool set() const { return !token_.empty(); }
  /// "" of none.
  [[nodiscard]] const std::string& secret() const { return token_; }
  /// The value of an Authorization field: "Bearer " and the token.
  [[nodiscard]] bool matches(std::string_view authorization) const;

 private:
  std::string token_;
};

}  // namespace discovery::node
