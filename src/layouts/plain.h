// Layouts whose value is an address and nothing else: go-zero, `<key>/<number>`, and the bare `<service>`.
//
// Thread: pure functions. Source: zeromicro/go-zero core/discov/publisher.go (the number is a lease); the tutorials
// that write one key per service by hand.
#pragma once

#include <string_view>

#include "layouts/reading.h"

namespace discovery::layouts {

/// A decimal number that an int64 can be; go-zero writes lease ids.
[[nodiscard]] bool is_go_zero_number(std::string_view segment);

/// Appid: the key before its last slash; hostname: the number; address `grpc://<value>`.
[[nodiscard]] Reading read_go_zero(std::string_view key, std::string_view value);

/// Appid: the key; hostname: the value; address `tcp://<value>`. A service has one instance.
[[nodiscard]] Reading read_bare(std::string_view key, std::string_view value);

}  // namespace discovery::layouts
