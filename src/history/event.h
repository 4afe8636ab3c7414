// What happened to one instance, or to the node, at one moment; and its bytes.
//
// An event keeps what was before, not what came after: what came after is what was before the next event, or what is
// there now. So the state of any moment that the events reach back to follows from that of now (history.h).
//
// Thread: pure functions. The bytes are of this process: another build may lay them out otherwise. Errors of
// decode_event(): none for bytes that are cut off or too long.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "registry/change_observer.h"

namespace discovery::history {

enum class EventKind : uint8_t {
  kRegistered,       ///< it was not listed before
  kChanged,          ///< a register with other content
  kRegisteredAgain,  ///< a register with the same content
  kSet,
  kCancelled,
  kExpired,      ///< hidden: its lease ran out
  kExpiredPast,  ///< the same past the ceiling, although the node protects itself
  kShownAgain,
  kHiddenToo,  ///< another node holds it hidden
  kMerged,     ///< a newer state of another node, or of the disk
  kForgotten,
  kRenewedLate,  ///< after a gap in its renewals
  kProtectionOn,
  kProtectionOff,
  kStarted,  ///< this node
};
inline constexpr size_t kEventKinds = 15;

/// As it stands in answers: "registered", "registered_again", ...
[[nodiscard]] std::string_view kind_name(EventKind kind);
[[nodiscard]] std::optional<EventKind> kind_of_name(std::string_view name);

/// The texts of an instance, owned.
struct Content {
  std::string region;
  std::string version;
  std::string addrs_json;
  std::string metadata_json;
  std::string extension;
  std::string origin;  ///< of a guest (registry/origin.h)
};

/// Its texts, in the order in which they are written.
template <class C>
[[nodiscard]] auto texts_of(C& content) {
  return std::array{&content.region,        &content.version,   &content.addrs_json,
                    &content.metadata_json, &content.extension, &content.origin};
}

/// What an instance was.
struct Past {
  registry::InstanceNumbers numbers;
  int64_t lease_ns = 0;
  std::optional<Content> content;  ///< none: the event left it as it was
};

struct Event {
  uint64_t number = 0;  ///< rising; not part of the bytes
  EventKind kind = EventKind::kStarted;
  TimePoint at;        ///< of the first, where one stands for several
  TimePoint last;      ///< of the last
  uint32_t count = 1;  ///< how many in a row this one stands for
  std::string by;      ///< the address of a client or a node, "data_dir", "" for this node itself
  registry::AppKey app;
  std::string zone;
  std::string hostname;
  std::string origin;                              ///< of a guest: after the event, or before the one that ended it
  std::optional<Past> before;                      ///< none: it was not there
  std::optional<registry::InstanceNumbers> after;  ///< none: it was forgotten, or the event is of the node
};

/// Who caused it, and whose it is, in the order in which they are written.
template <class E>
[[nodiscard]] auto texts_of_names(E& event) {
  return std::array{&event.by, &event.app.env, &event.app.appid, &event.zone, &event.hostname, &event.origin};
}

/// The bytes of an event, without number, last and count, still to be written. Valid as long as what it is made of.
class EventBytes {
 public:
  EventBytes(EventKind kind, const registry::RecordChange& change);
  /// One of the node itself.
  EventBytes(EventKind kind, TimePoint at);
  /// The same again.
  explicit EventBytes(const Event& event);

  [[nodiscard]] size_t size() const { return size_; }
  /// Writes size() bytes.
  void write(char* to) const;

 private:
  static constexpr size_t kNames = 6;  ///< by, env, appid, zone, hostname, origin
  static constexpr size_t kContents = 6;
  friend std::optional<Event> decode_event(std::string_view bytes);
  friend struct EventNames names_of(std::string_view bytes);
  struct Head;

  void measure();

  int64_t at_ns_;
  int64_t before_lease_ns_ = 0;
  EventKind kind_;
  const registry::InstanceNumbers* before_ = nullptr;
  const registry::InstanceNumbers* after_ = nullptr;
  std::array<std::string_view, kNames> names_{};
  bool has_content_ = false;
  std::array<std::string_view, kContents> contents_{};
  size_t size_ = 0;
};
[[nodiscard]] std::optional<Event> decode_event(std::string_view bytes);

/// Whose event it is, without decoding it; empty of the node itself.
struct EventNames {
  std::string_view env, appid, zone, hostname;
};
[[nodiscard]] EventNames names_of(std::string_view bytes);

/// What a change is called.
[[nodiscard]] EventKind kind_of(const registry::RecordChange& change);

}  // namespace discovery::history
