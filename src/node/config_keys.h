// Every key of the configuration, once: what it is called, what it may be, and which member of Config it fills.
//
// Lifecycle: a constant table. Thread: any. Source: operations.md 1, discovery-api.md 12, security.md (limits).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "node/config.h"

namespace discovery::node {

enum class KeyType : uint8_t {
  kBool,
  kNumber,
  kFraction,
  kDuration,
  kSize,
  kText,
  kChoice,
  kList,    ///< of text; one text stands for a list of one
  kZones,   ///< a section of its own whose keys are names of zones
  kIgnored  ///< any value; the original knows it
};

/// What a text, or each item of a list, must be. An empty text is always accepted.
enum class TextRule : uint8_t { kPlain, kName, kListen, kPeer, kIp, kLevel, kFormat, kProtect, kViolation };

/// What a text names that the node opens: the sandbox leaves it open.
enum class NamesPath : uint8_t {
  kNone,
  kReadFile,     ///< read at start and on a reload
  kAppendFile,   ///< made, appended to, and opened anew
  kWriteFolder,  ///< files are made, replaced and removed in it
};

enum class Effect : uint8_t {
  kNow,
  kOriginal,  ///< accepted; of the original, has no meaning here
};

/// The member of a Config that a key fills.
using KeyField = std::variant<bool*, uint64_t*, double*, Duration*, std::string*, std::vector<std::string>*, ZoneNodes*,
                              observe::LogLevel*, observe::LogFormat*, ProtectWhen*, sandbox::Violation*>;

// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): ordered for whoever reads the table
struct KeySpec {
  std::string_view name;  ///< "section.key"; "key" at the top of the file
  KeyType type = KeyType::kIgnored;
  KeyField (*field)(Config&) = nullptr;  ///< null for kIgnored
  std::string_view default_text;         ///< as given in the environment: text without quotes, lists with commas
  std::string_view min_text{};           ///< numbers, fractions, durations and sizes: the range, inclusive
  std::string_view max_text{};
  std::string_view description;
  TextRule rule = TextRule::kPlain;
  Effect effect = Effect::kNow;
  NamesPath path = NamesPath::kNone;
  bool reloadable = false;
  bool secret = false;  ///< never shown, never on the command line

  /// "httpServer" of "httpServer.addr"; "" at the top.
  [[nodiscard]] std::string_view section() const;
  [[nodiscard]] std::string_view leaf() const;
};

[[nodiscard]] std::span<const KeySpec> config_keys();

/// Without regard to case.
[[nodiscard]] std::optional<size_t> find_key(std::string_view name);
[[nodiscard]] bool is_section(std::string_view name);

/// "DISCOVERYD_HTTPSERVER_ADDR".
[[nodiscard]] std::string environment_name(const KeySpec& key);

/// The names a key of type kChoice may have, in the order of its enumerators.
[[nodiscard]] std::span<const std::string_view> choices_of(TextRule rule);

/// "text", "list of host:port", "duration" ... for messages and documentation.
[[nodiscard]] std::string_view type_name(const KeySpec& key);

/// A full name of config_keys() that is near to `name`; "" when none is.
[[nodiscard]] std::string_view nearest_key(std::string_view name);
[[nodiscard]] std::string_view nearest_section(std::string_view name);
[[nodiscard]] std::string nearest_environment_name(std::string_view name);

}  // namespace discovery::node
