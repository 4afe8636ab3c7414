// Opens a log: what the log of a node and its audit file have in common.
//
// Thread: the main thread, while the node starts. The log's own thread is there before the listeners are bound and
// keeps what it was started with, so it is started without capabilities (sandbox.h).
#pragma once

#include <memory>

#include "base/result.h"
#include "node/config.h"
#include "observe/spd_logger.h"

namespace discovery::node {

/// Format and name of the node come from the configuration. Errors as SpdLogger::open().
[[nodiscard]] Result<std::unique_ptr<observe::SpdLogger>> open_logger(const Config& config,
                                                                      observe::SpdLogger::Options options,
                                                                      const Clock& clock);

}  // namespace discovery::node
