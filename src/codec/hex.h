// Octets as hexadecimal digits. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace discovery::codec {

/// Lower case, two digits an octet.
[[nodiscard]] std::string to_hex(std::string_view bytes);
/// Either case. kInvalidArgument: not an even number of hexadecimal digits.
[[nodiscard]] Result<std::string> from_hex(std::string_view digits);

}  // namespace discovery::codec
