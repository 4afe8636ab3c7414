// The messages of the delta channel: hello and push.
#include <algorithm>

#include "cluster/message_sections.h"
#include "registry/record_codec.h"

namespace discovery::cluster {

namespace {

void put_self(std::string& out, const Hello& h) {
  std::string b;
  append_varint(b, h.version_min);
  append_varint(b, h.version_max);
  append_varint(b, h.node_id);
  append_varint(b, h.generation);
  append_text(b, h.zone);
  put_section(out, kSelf, b);
}

void put_leases(std::string& out, const LeasePart& part) {
  std::string b;
  append_signed(b, part.from_ns);
  append_signed(b, part.to_ns - part.from_ns);
  append_varint(b, (part.complete ? 1U : 0U) | (part.farewell ? 2U : 0U));
  append_varint(b, part.definition_count);
  b += part.definition_bytes;
  // Two or three bytes an entry: the distance to the slot before, and the age in tens of milliseconds, rounded down.
  constexpr int64_t kUnit = 10'000'000;
  constexpr uint64_t kLong = 255;
  append_varint(b, part.entries.size());
  uint32_t last = 0;
  for (const LeaseEntry& e : part.entries) {
    append_varint(b, e.slot - last);
    last = e.slot;
    const auto units = static_cast<uint64_t>(std::max<int64_t>(0, e.age_ns) / kUnit);
    b += static_cast<char>(std::min(units, kLong));
    if (units >= kLong) append_varint(b, units - kLong);
  }
  put_section(out, kLeases, b);
}

bool get_hello(const Sections& s, Hello& h) {
  if (!get_header(s, h.header) || !s.has(kSelf)) return false;
  ByteReader r = s.of(kSelf);
  h.version_min = static_cast<uint32_t>(r.varint_up_to(UINT32_MAX));
  h.version_max = static_cast<uint32_t>(r.varint_up_to(UINT32_MAX));
  h.node_id = static_cast<uint16_t>(r.varint_up_to(UINT16_MAX));
  h.generation = static_cast<uint32_t>(r.varint_up_to(kGenerationMax));
  h.zone = r.text();
  return r.ok() && h.zone.size() <= kZoneBytesMax && h.node_id != 0 && get_members(s, h.members);
}

registry::InstanceKeyView get_key(ByteReader& r) {
  registry::InstanceKeyView key;
  key.app.env = r.text();
  key.app.appid = r.text();
  key.zone = r.text();
  key.hostname = r.text();
  for (const std::string_view name : {key.app.env, key.app.appid, key.zone, key.hostname}) {
    if (name.empty() || name.size() > registry::kNameBytesMax) r.fail();
  }
  return key;
}

bool get_leases(const Sections& s, LeasePart& part) {
  if (!s.has(kLeases)) return true;
  constexpr int64_t kUnit = 10'000'000;
  constexpr uint64_t kUnitsMax = INT64_MAX / kUnit / 2;
  ByteReader r = s.of(kLeases);
  part.from_ns = r.signed_varint();
  const int64_t span = r.signed_varint();
  if (!r.ok() || part.from_ns < 0 || span < 0 || span > INT64_MAX - part.from_ns) return false;
  part.to_ns = part.from_ns + span;
  const uint64_t flags = r.varint();
  part.complete = flags & 1;
  part.farewell = flags & 2;
  const uint64_t definitions = r.varint_up_to(r.rest().size());
  for (uint64_t i = 0; i < definitions && r.ok(); ++i) {
    LeaseDefinition d;
    d.slot = static_cast<uint32_t>(r.varint_up_to(UINT32_MAX));
    d.key = get_key(r);
    if (r.ok()) part.definitions.push_back(d);
  }
  const uint64_t entries = r.varint_up_to(r.rest().size());
  uint64_t slot = 0;
  for (uint64_t i = 0; i < entries && r.ok(); ++i) {
    slot += r.varint_up_to(UINT32_MAX - slot);
    uint64_t units = r.byte();
    if (units == 255) units += r.varint_up_to(kUnitsMax);
    if (r.ok()) part.entries.push_back({static_cast<uint32_t>(slot), static_cast<int64_t>(units) * kUnit});
  }
  return r.ok() && r.at_end();
}

}  // namespace

void LeasePart::define(uint32_t slot, const registry::InstanceKeyView& key) {
  append_varint(definition_bytes, slot);
  for (const std::string_view name : {key.app.env, key.app.appid, key.zone, key.hostname}) {
    append_text(definition_bytes, name);
  }
  ++definition_count;
}

// ------------------------------------------------------------------------------------------------------- hello

std::string encode(const Hello& m) {
  std::string out;
  put_header(out, m.header);
  put_self(out, m);
  put_members(out, m.members);
  return out;
}

std::string encode(const HelloReply& m) {
  std::string out = encode(m.self);
  put_number(out, kVerdict, static_cast<uint64_t>(m.verdict));
  return out;
}

Result<Hello> decode_hello(std::string_view bytes) {
  const auto s = Sections::read(bytes);
  if (!s) return s.error();
  Hello m;
  if (!get_hello(*s, m)) return malformed("hello");
  return m;
}

Result<HelloReply> decode_hello_reply(std::string_view bytes) {
  const auto s = Sections::read(bytes);
  if (!s) return s.error();
  HelloReply m;
  uint64_t verdict = 0;
  if (!get_hello(*s, m.self) || !get_number(*s, kVerdict, static_cast<uint64_t>(HelloVerdict::kNotAdmitted), verdict)) {
    return malformed("hello");
  }
  m.verdict = static_cast<HelloVerdict>(verdict);
  return m;
}

// ------------------------------------------------------------------------------------------------------- push

std::string encode(const Push& m, const RecordBatch& records, const RecordBatch& to_pass_on) {
  std::string out;
  put_header(out, m.header);
  put_members(out, m.members);
  put_records(out, records);
  put_leases(out, m.leases);
  if (!m.heard.empty()) {
    std::string b;
    for (const std::string_view address : m.heard) append_text(b, address);
    put_section(out, kHeard, b);
  }
  put_records(out, to_pass_on, kToPassOn);
  return out;
}

Result<Push> decode_push(std::string_view bytes) {
  const auto s = Sections::read(bytes);
  if (!s) return s.error();
  Push m;
  if (!get_header(*s, m.header) || !get_members(*s, m.members) || !get_leases(*s, m.leases)) return malformed("push");
  ByteReader heard = s->of(kHeard);
  while (!heard.at_end() && m.heard.size() < kMembersMax) m.heard.push_back(heard.text());
  if (!heard.ok() || !heard.at_end()) return malformed("push");
  auto records = get_records(*s);
  if (!records) return records.error();
  m.records = std::move(*records);
  auto to_pass_on = get_records(*s, kToPassOn);
  if (!to_pass_on) return to_pass_on.error();
  m.to_pass_on = std::move(*to_pass_on);
  return m;
}

std::string encode(const PushReply& m) {
  std::string out;
  put_header(out, m.header);
  put_number(out, kVerdict, static_cast<uint64_t>(m.verdict));
  if (!m.unknown_slots.empty()) {
    std::string b;
    for (const uint32_t slot : m.unknown_slots) append_varint(b, slot);
    put_section(out, kSlots, b);
  }
  return out;
}

Result<PushReply> decode_push_reply(std::string_view bytes) {
  const auto s = Sections::read(bytes);
  if (!s) return s.error();
  PushReply m;
  uint64_t verdict = 0;
  if (!get_header(*s, m.header) ||
      !get_number(*s, kVerdict, static_cast<uint64_t>(PushVerdict::kNotAMember), verdict)) {
    return malformed("answer to push");
  }
  m.verdict = static_cast<PushVerdict>(verdict);
  ByteReader r = s->of(kSlots);
  while (!r.at_end()) m.unknown_slots.push_back(static_cast<uint32_t>(r.varint_up_to(UINT32_MAX)));
  if (!r.ok()) return malformed("answer to push");
  return m;
}

}  // namespace discovery::cluster
