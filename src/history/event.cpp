#include "history/event.h"

#include <array>
#include <cstring>
#include <type_traits>

#include "base/bytes.h"

namespace discovery::history {

using registry::Instance;
using registry::InstanceNumbers;
using registry::RecordState;

namespace {

constexpr std::array<std::string_view, kEventKinds> kNames = {
    "registered",           "changed",        "registered_again", "set",    "cancelled", "expired",
    "expired_past_ceiling", "shown_again",    "hidden_too",       "merged", "forgotten", "renewed_late",
    "protection_on",        "protection_off", "node_started",
};

constexpr uint8_t kBefore = 1;
constexpr uint8_t kContent = 2;
constexpr uint8_t kAfter = 4;

bool same_content(const Instance& a, const Instance& b) {
  return a.region() == b.region() && a.version() == b.version() && a.addrs_json() == b.addrs_json() &&
         a.metadata_json() == b.metadata_json() && a.extension() == b.extension() && a.origin() == b.origin();
}

template <class T>
void put(char*& to, const T& value) {
  std::memcpy(to, &value, sizeof value);
  to += sizeof value;
}
void put(char*& to, std::string_view text) { to += text.copy(to, text.size()); }

std::array<std::string_view, 6> content_of(const Instance& i) {
  return {i.region(), i.version(), i.addrs_json(), i.metadata_json(), i.extension(), i.origin()};
}

/// What is buried keeps its names only.
std::string_view origin_of(const registry::RecordChange& c) {
  return c.after && c.after->numbers.state != RecordState::kTombstone ? c.after->origin()
         : c.before_text                                              ? c.before_text->origin()
                                                                      : std::string_view();
}

template <class T>
T take_raw(ByteReader& in) {
  T value{};
  const std::string_view bytes = in.take(sizeof value);
  if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

EventKind kind_of_register(const registry::RecordChange& c) {
  const bool listed = c.before_numbers && c.before_numbers->state == RecordState::kVisible;
  if (!listed) return EventKind::kRegistered;
  const bool same = c.before_numbers->status == c.after->numbers.status &&
                    (c.before_text == c.after || same_content(*c.before_text, *c.after));
  return same ? EventKind::kRegisteredAgain : EventKind::kChanged;
}

}  // namespace

std::string_view kind_name(EventKind kind) { return kNames[static_cast<size_t>(kind)]; }

std::optional<EventKind> kind_of_name(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<EventKind>(i);
  }
  return std::nullopt;
}

EventKind kind_of(const registry::RecordChange& change) {
  switch (change.kind) {
    case registry::ChangeKind::kRegister:
      return kind_of_register(change);
    case registry::ChangeKind::kSet:
      return EventKind::kSet;
    case registry::ChangeKind::kCancel:
      return EventKind::kCancelled;
    case registry::ChangeKind::kExpire:
      return EventKind::kExpired;
    case registry::ChangeKind::kExpirePast:
      return EventKind::kExpiredPast;
    case registry::ChangeKind::kShow:
      return EventKind::kShownAgain;
    case registry::ChangeKind::kHideToo:
      return EventKind::kHiddenToo;
    case registry::ChangeKind::kMerge:
      return EventKind::kMerged;
    case registry::ChangeKind::kForget:
      return EventKind::kForgotten;
    case registry::ChangeKind::kLateRenew:
      break;
  }
  return EventKind::kRenewedLate;
}

/// How the bytes begin. They never leave the process, so numbers stand as they are in memory: a register writes them
/// while its client waits.
struct EventBytes::Head {
  int64_t at_ns = 0;
  int64_t before_lease_ns = 0;
  std::array<uint32_t, kNames> names{};
  std::array<uint32_t, kContents> contents{};
  EventKind kind = EventKind::kStarted;
  uint8_t flags = 0;
};

EventBytes::EventBytes(EventKind kind, const registry::RecordChange& c)
    : at_ns_(to_wire_ns(c.at)),
      before_lease_ns_(c.before_lease_ns),
      kind_(kind),
      before_(c.before_numbers),
      after_(c.after ? &c.after->numbers : nullptr) {
  const Instance& named = c.after ? *c.after : *c.before_text;
  names_ = {c.by, c.app.env, c.app.appid, named.zone(), named.hostname(), origin_of(c)};
  const bool in_place = c.before_text == c.after;
  const bool unchanged = in_place || kind == EventKind::kRegisteredAgain;
  has_content_ = c.before_text && !unchanged && (!c.after || !same_content(*c.before_text, *c.after));
  if (has_content_) contents_ = content_of(*c.before_text);
  measure();
}

EventBytes::EventBytes(const Event& e)
    : at_ns_(to_wire_ns(e.at)),
      before_lease_ns_(e.before ? e.before->lease_ns : 0),
      kind_(e.kind),
      before_(e.before ? &e.before->numbers : nullptr),
      after_(e.after ? &*e.after : nullptr),
      has_content_(e.before && e.before->content) {
  const auto names = texts_of_names(e);
  for (size_t i = 0; i < names.size(); ++i) names_[i] = *names[i];
  if (has_content_) {
    const auto texts = texts_of(*e.before->content);
    for (size_t i = 0; i < texts.size(); ++i) contents_[i] = *texts[i];
  }
  measure();
}

void EventBytes::measure() {
  size_ = sizeof(Head) + (before_ ? sizeof *before_ : 0) + (after_ ? sizeof *after_ : 0);
  for (const std::string_view name : names_) size_ += name.size();
  for (const std::string_view text : contents_) size_ += text.size();
}

EventBytes::EventBytes(EventKind kind, TimePoint at) : at_ns_(to_wire_ns(at)), kind_(kind), size_(sizeof(Head)) {}

void EventBytes::write(char* to) const {
  static_assert(std::is_trivially_copyable_v<Head> && std::is_trivially_copyable_v<InstanceNumbers>);
  Head head;
  head.at_ns = at_ns_;
  head.before_lease_ns = before_lease_ns_;
  head.kind = kind_;
  head.flags = static_cast<uint8_t>((before_ ? kBefore : 0) | (has_content_ ? kContent : 0) | (after_ ? kAfter : 0));
  for (size_t i = 0; i < kNames; ++i) head.names[i] = static_cast<uint32_t>(names_[i].size());
  for (size_t i = 0; i < kContents; ++i) head.contents[i] = static_cast<uint32_t>(contents_[i].size());
  put(to, head);
  if (before_) put(to, *before_);
  if (after_) put(to, *after_);
  for (const std::string_view name : names_) put(to, name);
  if (!has_content_) return;
  for (const std::string_view text : contents_) put(to, text);
}

EventNames names_of(std::string_view bytes) {
  ByteReader in(bytes);
  const auto head = take_raw<EventBytes::Head>(in);
  if ((head.flags & kBefore) != 0) in.take(sizeof(InstanceNumbers));
  if ((head.flags & kAfter) != 0) in.take(sizeof(InstanceNumbers));
  in.take(head.names[0]);  // by
  EventNames names;
  names.env = in.take(head.names[1]);
  names.appid = in.take(head.names[2]);
  names.zone = in.take(head.names[3]);
  names.hostname = in.take(head.names[4]);
  return names;
}

std::optional<Event> decode_event(std::string_view bytes) {
  ByteReader in(bytes);
  const auto head = take_raw<EventBytes::Head>(in);
  if (!in.ok() || static_cast<size_t>(head.kind) >= kEventKinds) return std::nullopt;
  Event e;
  e.kind = head.kind;
  e.at = e.last = from_wire_ns(head.at_ns);
  if ((head.flags & kBefore) != 0) {
    e.before.emplace();
    e.before->numbers = take_raw<InstanceNumbers>(in);
    e.before->lease_ns = head.before_lease_ns;
  }
  if ((head.flags & kAfter) != 0) e.after = take_raw<InstanceNumbers>(in);
  const auto names = texts_of_names(e);
  for (size_t i = 0; i < names.size(); ++i) *names[i] = in.take(head.names[i]);
  if ((head.flags & kContent) != 0 && e.before) {
    const auto texts = texts_of(e.before->content.emplace());
    for (size_t i = 0; i < texts.size(); ++i) *texts[i] = in.take(head.contents[i]);
  }
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return e;
}

}  // namespace discovery::history
