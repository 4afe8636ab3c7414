#include "history/event.h"

#include <array>

#include "base/bytes.h"

namespace discovery::history {

using registry::Instance;
using registry::InstanceNumbers;
using registry::RecordState;
using registry::Version;

namespace {

constexpr std::array<std::string_view, kEventKinds> kNames = {
    "registered",           "changed",        "registered_again", "set",    "cancelled", "expired",
    "expired_past_ceiling", "shown_again",    "hidden_too",       "merged", "forgotten", "renewed_late",
    "protection_on",        "protection_off", "node_started",
};

constexpr uint64_t kBefore = 1;
constexpr uint64_t kContent = 2;
constexpr uint64_t kAfter = 4;

bool same_content(const Instance& a, const Instance& b) {
  return a.region() == b.region() && a.version() == b.version() && a.addrs_json() == b.addrs_json() &&
         a.metadata_json() == b.metadata_json() && a.extension() == b.extension();
}

void append_numbers(std::string& out, const InstanceNumbers& n) {
  append_signed(out, n.version.incarnation.t_ns);
  append_varint(out, n.version.incarnation.node);
  append_varint(out, n.version.incarnation.tombstone ? 1 : 0);
  append_varint(out, n.version.incarnation.import_hash);
  append_signed(out, n.version.set.t_ns);
  append_varint(out, n.version.set.node);
  append_signed(out, n.reg_ns);
  append_signed(out, n.up_ns);
  append_signed(out, n.dirty_ns);
  append_signed(out, n.latest_ns);
  append_varint(out, n.status);
  append_varint(out, static_cast<uint64_t>(n.state));
}

InstanceNumbers read_numbers(ByteReader& in) {
  InstanceNumbers n;
  n.version.incarnation.t_ns = in.signed_varint();
  n.version.incarnation.node = static_cast<uint16_t>(in.varint_up_to(UINT16_MAX));
  n.version.incarnation.tombstone = in.varint_up_to(1) == 1;
  n.version.incarnation.import_hash = static_cast<uint32_t>(in.varint_up_to(UINT32_MAX));
  n.version.set.t_ns = in.signed_varint();
  n.version.set.node = static_cast<uint16_t>(in.varint_up_to(UINT16_MAX));
  n.reg_ns = in.signed_varint();
  n.up_ns = in.signed_varint();
  n.dirty_ns = in.signed_varint();
  n.latest_ns = in.signed_varint();
  n.status = static_cast<uint32_t>(in.varint_up_to(UINT32_MAX));
  n.state = static_cast<RecordState>(in.varint_up_to(static_cast<uint64_t>(RecordState::kTombstone)));
  return n;
}

void append_head(std::string& out, EventKind kind, TimePoint at, std::string_view by) {
  append_varint(out, static_cast<uint64_t>(kind));
  append_signed(out, to_wire_ns(at));
  append_text(out, by);
}

EventKind kind_of_register(const registry::RecordChange& c) {
  const bool listed = c.before_numbers && c.before_numbers->state == RecordState::kVisible;
  if (!listed) return EventKind::kRegistered;
  const bool same = c.before_numbers->status == c.after->numbers.status && same_content(*c.before_text, *c.after);
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

void append_event(std::string& out, EventKind kind, const registry::RecordChange& c) {
  append_head(out, kind, c.at, c.by);
  const Instance& named = c.after ? *c.after : *c.before_text;
  append_text(out, c.app.env);
  append_text(out, c.app.appid);
  append_text(out, named.zone());
  append_text(out, named.hostname());
  const bool changed =
      c.before_text && (!c.after || (c.before_text != c.after && !same_content(*c.before_text, *c.after)));
  append_varint(out, (c.before_numbers ? kBefore : 0) | (changed ? kContent : 0) | (c.after ? kAfter : 0));
  if (c.before_numbers) {
    append_numbers(out, *c.before_numbers);
    append_signed(out, c.before_lease_ns);
  }
  if (changed) {
    append_text(out, c.before_text->region());
    append_text(out, c.before_text->version());
    append_text(out, c.before_text->addrs_json());
    append_text(out, c.before_text->metadata_json());
    append_text(out, c.before_text->extension());
  }
  if (c.after) append_numbers(out, c.after->numbers);
}

void append_node_event(std::string& out, EventKind kind, TimePoint at) { append_head(out, kind, at, {}); }

std::optional<Event> decode_event(std::string_view bytes) {
  ByteReader in(bytes);
  Event e;
  e.kind = static_cast<EventKind>(in.varint_up_to(kEventKinds - 1));
  e.at = e.last = from_wire_ns(in.signed_varint());
  e.by = in.text();
  if (!in.ok()) return std::nullopt;
  if (in.at_end()) return e;
  e.app.env = in.text();
  e.app.appid = in.text();
  e.zone = in.text();
  e.hostname = in.text();
  const uint64_t flags = in.varint_up_to(kBefore | kContent | kAfter);
  if ((flags & kBefore) != 0) {
    e.before.emplace();
    e.before->numbers = read_numbers(in);
    e.before->lease_ns = in.signed_varint();
  }
  if ((flags & kContent) != 0) {
    if (!e.before) return std::nullopt;
    Content& c = e.before->content.emplace();
    c.region = in.text();
    c.version = in.text();
    c.addrs_json = in.text();
    c.metadata_json = in.text();
    c.extension = in.text();
  }
  if ((flags & kAfter) != 0) e.after = read_numbers(in);
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return e;
}

}  // namespace discovery::history
