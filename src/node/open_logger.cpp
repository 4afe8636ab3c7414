#include "node/open_logger.h"

#include <utility>

#include "sandbox/sandbox.h"

namespace discovery::node {

Result<std::unique_ptr<observe::SpdLogger>> open_logger(const Config& config, observe::SpdLogger::Options options,
                                                        const Clock& clock) {
  options.format = config.log.format;
  options.node = config.env.host;
  Result<std::unique_ptr<observe::SpdLogger>> logger = Error{};
  sandbox::without_capabilities([&] { logger = observe::SpdLogger::open(std::move(options), clock); });
  return logger;
}

}  // namespace discovery::node
