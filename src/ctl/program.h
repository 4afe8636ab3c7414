// The tool as a function of its words and its surroundings, so that tests run it whole.
//
// Thread: one. Errors: every one ends in an exit code (exit_code.h) and a line on standard error. Source: operations.md
// 6; docs/discoveryctl.md.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "ctl/asker.h"
#include "ctl/exit_code.h"
#include "ctl/screen.h"

#include "base/time.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the name is of the library
class App;
}

namespace discovery::ctl {

struct Surroundings {
  Screen* screen = nullptr;
  std::string addresses;  ///< DISCOVERY_ADDR
  std::string version;
  std::function<std::unique_ptr<Asker>(client::CallOptions)> make_asker;
  std::function<TimePoint()> now;
  /// Between two runs of --watch; false ends it.
  std::function<bool(Duration)> pause;
};

inline constexpr std::string_view kDefaultAddress = "127.0.0.1:7171";
inline constexpr Duration kWatchEvery = std::chrono::seconds(2);  ///< --watch without a number
inline constexpr size_t kTokenBytesMax = 4096;

/// `words` without the name of the program.
[[nodiscard]] Exit run(std::span<const std::string> words, const Surroundings& surroundings);

/// "--watch 5" as "--watch=5", "--watch" alone as "--watch=2s", which the parser could not tell from a word of the
/// verb.
[[nodiscard]] std::vector<std::string> with_watch_joined(std::span<const std::string> words);

}  // namespace discovery::ctl
