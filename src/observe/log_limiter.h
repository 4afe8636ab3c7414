// Which of many equal warnings are logged: at most `burst` per window for each event and key.
//
// A window opens with the first line of an (event, key) and lasts Options::window. What it suppressed is handed out
// once, as an Ended, by the first call at or after its end. Windows are equally long, so they end in the order they
// opened: a list and a hash table, O(1) per line.
// Thread: none of its own. Time: handed in. Limits: keys_max windows at a time; further keys share one window, told
// under the event kSharedEvent; event and key are kept to 256 bytes.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/siphash.h"
#include "base/time.h"
#include "observe/log.h"

namespace discovery::observe {

class LogLimiter {
 public:
  static constexpr size_t kTextBytesMax = 256;
  static constexpr std::string_view kSharedEvent = "further_warnings";

  struct Options {
    uint32_t burst = 5;
    Duration window = std::chrono::seconds(10);
    size_t keys_max = 1024;
    HashKey hash_key{};  ///< keys may come from clients: give it random bits
  };
  /// A window that is over and suppressed something.
  struct Ended {
    LogLevel level;  ///< of the last line suppressed
    std::string event;
    std::string key;
    uint64_t suppressed;
  };
  struct Line {
    LogLevel level;
    std::string_view event;
    std::string_view key;
  };

  LogLimiter() : LogLimiter(Options()) {}
  explicit LogLimiter(Options options);

  /// True: log the line, after one for each of the `ended` (which are appended).
  [[nodiscard]] bool admit(const Line& line, TimePoint now, std::vector<Ended>& ended);
  /// Appends what ended by now, at most keys_max + 1; without a line.
  void sweep(TimePoint now, std::vector<Ended>& ended);
  /// Windows that are open.
  [[nodiscard]] size_t keys() const { return windows_.size(); }

 private:
  struct Window {
    LogLevel level = LogLevel::kInfo;
    std::string event;
    std::string key;
    TimePoint ends{};
    uint32_t lines = 0;
    uint64_t suppressed = 0;
  };
  struct Hash {
    HashKey key;
    size_t operator()(std::string_view text) const { return siphash(key, text); }
  };

  Window& window_of(const Line& line, TimePoint now);
  static void report(Window& window, std::vector<Ended>& ended);
  static std::string index_key(std::string_view event, std::string_view key);

  Options options_;
  std::list<Window> windows_;  ///< the one that ends first is in front
  std::unordered_map<std::string, std::list<Window>::iterator, Hash> index_;
  Window shared_;
};

}  // namespace discovery::observe
