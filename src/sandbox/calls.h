// The system calls of the daemon, by what they are for: the allow-list of seccomp.
//
// Thread: constant tables. Gathered from traces of the integration tests and from the sources of glibc 2.36,
// OpenSSL 3.0 and Asio 1.24 for what those did not reach. A name that an architecture lacks is passed over. To add one:
// put it where it belongs, with the reason if that is not plain. What a library tries by habit and can do without
// belongs to refused_calls().
#pragma once

#include <span>
#include <string_view>

namespace discovery::sandbox {

/// Whatever their arguments.
[[nodiscard]] std::span<const std::string_view> allowed_calls();

/// Fail with EPERM, whatever Violation says: harmless, and no reason to end a service.
[[nodiscard]] std::span<const std::string_view> refused_calls();

/// Fail with ENOSYS: their callers then use an older call whose arguments a filter can read.
[[nodiscard]] std::span<const std::string_view> unknown_calls();

}  // namespace discovery::sandbox
