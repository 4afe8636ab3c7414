#include "history/event_codec.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/bytes.h"

namespace discovery::history {

using registry::InstanceNumbers;
using registry::RecordState;

namespace {

constexpr uint64_t kBefore = 1;
constexpr uint64_t kContent = 2;
constexpr uint64_t kAfter = 4;
constexpr uint64_t kOrigin = 8;  ///< origins stand at the end: of the event, and of the content, if there is one
/// Of texts_of_names() and texts_of(), without the origin.
constexpr size_t kTextsFirst = 5;
static_assert(std::tuple_size_v<decltype(texts_of_names(std::declval<Event&>()))> == kTextsFirst + 1);
static_assert(std::tuple_size_v<decltype(texts_of(std::declval<Content&>()))> == kTextsFirst + 1);

void append_numbers(std::string& out, const InstanceNumbers& n) {
  append_signed(out, n.version.incarnation.t_ns);
  append_varint(out, n.version.incarnation.node);
  append_varint(out, n.version.incarnation.tombstone ? 1 : 0);
  append_varint(out, n.version.incarnation.import_hash);
  append_signed(out, n.version.set.t_ns);
  append_varint(out, n.version.set.node);
  for (const int64_t stamp : {n.reg_ns, n.up_ns, n.dirty_ns, n.latest_ns}) append_signed(out, stamp);
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
  for (int64_t* const stamp : {&n.reg_ns, &n.up_ns, &n.dirty_ns, &n.latest_ns}) *stamp = in.signed_varint();
  n.status = static_cast<uint32_t>(in.varint_up_to(UINT32_MAX));
  n.state = static_cast<RecordState>(in.varint_up_to(static_cast<uint64_t>(RecordState::kTombstone)));
  return n;
}

}  // namespace

void append_on_disk(std::string& out, const Event& e) {
  append_varint(out, static_cast<uint64_t>(e.kind));
  append_signed(out, to_wire_ns(e.at));
  append_signed(out, to_wire_ns(e.last));
  append_varint(out, e.count);
  const auto names = texts_of_names(e);
  for (size_t i = 0; i < kTextsFirst; ++i) append_text(out, *names[i]);
  const bool content = e.before && e.before->content;
  const bool origin = !e.origin.empty() || (content && !e.before->content->origin.empty());
  append_varint(out,
                (e.before ? kBefore : 0) | (content ? kContent : 0) | (e.after ? kAfter : 0) | (origin ? kOrigin : 0));
  if (e.before) {
    append_numbers(out, e.before->numbers);
    append_signed(out, e.before->lease_ns);
  }
  if (content) {
    const auto texts = texts_of(*e.before->content);
    for (size_t i = 0; i < kTextsFirst; ++i) append_text(out, *texts[i]);
  }
  if (e.after) append_numbers(out, *e.after);
  if (!origin) return;
  append_text(out, e.origin);
  if (content) append_text(out, e.before->content->origin);
}

std::optional<Event> read_from_disk(std::string_view bytes) {
  ByteReader in(bytes);
  Event e;
  e.kind = static_cast<EventKind>(in.varint_up_to(kEventKinds - 1));
  e.at = from_wire_ns(in.signed_varint());
  e.last = from_wire_ns(in.signed_varint());
  e.count = static_cast<uint32_t>(in.varint_up_to(UINT32_MAX));
  const auto names = texts_of_names(e);
  for (size_t i = 0; i < kTextsFirst; ++i) *names[i] = in.text();
  const uint64_t flags = in.varint_up_to(kBefore | kContent | kAfter | kOrigin);
  if ((flags & kBefore) != 0) {
    e.before.emplace();
    e.before->numbers = read_numbers(in);
    e.before->lease_ns = in.signed_varint();
  }
  if ((flags & kContent) != 0) {
    if (!e.before) return std::nullopt;
    const auto texts = texts_of(e.before->content.emplace());
    for (size_t i = 0; i < kTextsFirst; ++i) *texts[i] = in.text();
  }
  if ((flags & kAfter) != 0) e.after = read_numbers(in);
  if ((flags & kOrigin) != 0) {
    e.origin = in.text();
    if (e.before && e.before->content) e.before->content->origin = in.text();
  }
  if (!in.ok() || !in.at_end()) return std::nullopt;
  if (e.kind == EventKind::kRenewedLate && !e.before) return std::nullopt;
  return e;
}

}  // namespace discovery::history
