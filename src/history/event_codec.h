// Bytes of an event on disk, the same for every build of this version of the format (archive.h).
//
// Events of guests have their origins at the end; earlier builds leave such events out, and read the others as before.
// Numbers are base-128 (base/bytes.h), texts have their length in front. Thread: pure functions. Errors: none for bytes
// that are malformed; nothing is half read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "history/event.h"

namespace discovery::history {

void append_on_disk(std::string& out, const Event& event);
/// All of the bytes are one event.
[[nodiscard]] std::optional<Event> read_from_disk(std::string_view bytes);

}  // namespace discovery::history
