#include "cluster/messages.h"

#include <algorithm>

#include "base/bytes.h"
#include "registry/record_codec.h"

namespace discovery::cluster {

using registry::Record;
using registry::Version;

namespace {

/// Sections, in the order in which they are written and must come.
enum Tag : uint64_t {
  kHeader = 1,
  kSelf = 2,
  kMembers = 3,
  kVerdict = 4,
  kRecords = 5,
  kLeases = 6,
  kSlots = 7,
  kRoots = 8,
  kLeafSums = 9,
  kLeafNumbers = 10,
  kLeafEntries = 11,
  kWanted = 12,
  kLeftOut = 13,
  kCursor = 14,
  kDone = 15,
  kHeard = 16,
};
constexpr uint64_t kLastTag = kHeard;

// ------------------------------------------------------------------------------------------------------- writing

void section(std::string& out, Tag tag, std::string_view bytes) {
  append_varint(out, tag);
  append_text(out, bytes);
}

void put_header(std::string& out, const Header& h) {
  std::string b;
  append_text(b, h.address);
  append_fixed64(b, h.boot);
  append_fixed64(b, h.for_boot);
  append_varint(b, h.welcome);
  append_signed(b, h.sent_ns);
  append_signed(b, h.hlc_ns);
  section(out, kHeader, b);
}

void put_members(std::string& out, const std::vector<MemberEntry>& members) {
  if (members.empty()) return;
  std::string b;
  for (const MemberEntry& m : members) {
    append_text(b, m.address);
    append_text(b, m.zone);
    append_varint(b, m.node_id);
    append_varint(b, m.added);
    append_varint(b, m.removed);
  }
  section(out, kMembers, b);
}

void put_self(std::string& out, const Hello& h) {
  std::string b;
  append_varint(b, h.version_min);
  append_varint(b, h.version_max);
  append_varint(b, h.node_id);
  append_varint(b, h.generation);
  append_text(b, h.zone);
  section(out, kSelf, b);
}

void put_number(std::string& out, Tag tag, uint64_t number) {
  std::string b;
  append_varint(b, number);
  section(out, tag, b);
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
  section(out, kLeases, b);
}

void put_version(std::string& b, const Version& v) {
  append_fixed64(b, static_cast<uint64_t>(v.incarnation.t_ns));
  const uint64_t flags = (v.incarnation.tombstone ? 1U : 0U) | (v.set.t_ns != 0 ? 2U : 0U);
  append_varint(b, uint64_t{v.incarnation.node} << 2 | flags);
  if (v.incarnation.node == 0) append_varint(b, v.incarnation.import_hash);
  if (v.set.t_ns == 0) return;
  append_fixed64(b, static_cast<uint64_t>(v.set.t_ns));
  append_varint(b, v.set.node);
}

void put_records(std::string& out, const RecordBatch& records) {
  if (records.count() > 0) section(out, kRecords, records.bytes());
}

// ------------------------------------------------------------------------------------------------------- reading

Error malformed(std::string_view what) { return invalid("malformed peer message: " + std::string(what)); }

/// The sections of a message, by tag; unknown ones are left out.
class Sections {
 public:
  static Result<Sections> read(std::string_view bytes) {
    Sections s;
    ByteReader r(bytes);
    uint64_t before = 0;
    while (!r.at_end()) {
      const uint64_t tag = r.varint();
      const std::string_view body = r.text();
      if (!r.ok() || tag <= before) return malformed("sections");
      before = tag;
      if (tag <= kLastTag) {
        s.bodies_[tag] = body;
        s.present_[tag] = true;
      }
    }
    if (!r.ok()) return malformed("sections");
    return s;
  }
  [[nodiscard]] bool has(Tag tag) const { return present_[tag]; }
  [[nodiscard]] ByteReader of(Tag tag) const { return ByteReader(bodies_[tag]); }
  [[nodiscard]] std::string_view bytes(Tag tag) const { return bodies_[tag]; }

 private:
  std::string_view bodies_[kLastTag + 1];
  bool present_[kLastTag + 1] = {};
};

bool get_header(const Sections& s, Header& h) {
  if (!s.has(kHeader)) return false;
  ByteReader r = s.of(kHeader);
  h.address = r.text();
  h.boot = r.fixed64();
  h.for_boot = r.fixed64();
  h.welcome = r.varint();
  h.sent_ns = r.signed_varint();
  h.hlc_ns = r.signed_varint();
  return r.ok() && !h.address.empty() && h.address.size() <= kAddressBytesMax && h.boot != 0 && h.sent_ns >= 0 &&
         h.hlc_ns >= 0;
}

bool get_members(const Sections& s, std::vector<MemberEntry>& members) {
  ByteReader r = s.of(kMembers);
  while (!r.at_end()) {
    MemberEntry m;
    m.address = std::string(r.text());
    m.zone = std::string(r.text());
    m.node_id = static_cast<uint16_t>(r.varint_up_to(UINT16_MAX));
    m.added = static_cast<uint32_t>(r.varint_up_to(kGenerationMax));
    m.removed = static_cast<uint32_t>(r.varint_up_to(m.added));
    if (!r.ok() || m.address.empty() || m.address.size() > kAddressBytesMax || m.zone.size() > kZoneBytesMax ||
        members.size() >= kMembersMax) {
      return false;
    }
    members.push_back(std::move(m));
  }
  return r.ok();
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

bool get_number(const Sections& s, Tag tag, uint64_t max, uint64_t& number) {
  if (!s.has(tag)) return true;  // the default
  ByteReader r = s.of(tag);
  number = r.varint_up_to(max);
  return r.ok() && r.at_end();
}

Result<std::vector<Record>> get_records(const Sections& s) {
  std::vector<Record> records;
  std::string_view bytes = s.bytes(kRecords);
  while (!bytes.empty()) {
    auto record = registry::read_record(bytes);
    if (!record) return record.error();
    records.push_back(*record);
  }
  return records;
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

Version get_version(ByteReader& r) {
  Version v;
  v.incarnation.t_ns = static_cast<int64_t>(r.fixed64());
  const uint64_t word = r.varint_up_to((uint64_t{UINT16_MAX} << 2) | 3);
  v.incarnation.node = static_cast<uint16_t>(word >> 2);
  v.incarnation.tombstone = word & 1;
  if (v.incarnation.node == 0) v.incarnation.import_hash = static_cast<uint32_t>(r.varint_up_to(UINT32_MAX));
  if (word & 2) {
    v.set.t_ns = static_cast<int64_t>(r.fixed64());
    v.set.node = static_cast<uint16_t>(r.varint_up_to(UINT16_MAX));
  }
  if (v.incarnation.t_ns < 0 || v.set.t_ns < 0) r.fail();
  return v;
}

}  // namespace

void LeasePart::define(uint32_t slot, const registry::InstanceKeyView& key) {
  append_varint(definition_bytes, slot);
  for (const std::string_view name : {key.app.env, key.app.appid, key.zone, key.hostname}) {
    append_text(definition_bytes, name);
  }
  ++definition_count;
}

void RecordBatch::add(const Record& record) {
  registry::append_record(bytes_, record);
  ++count_;
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

std::string encode(const Push& m, const RecordBatch& records) {
  std::string out;
  put_header(out, m.header);
  put_members(out, m.members);
  put_records(out, records);
  put_leases(out, m.leases);
  if (m.heard.empty()) return out;
  std::string b;
  for (const std::string_view address : m.heard) append_text(b, address);
  section(out, kHeard, b);
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
  return m;
}

std::string encode(const PushReply& m) {
  std::string out;
  put_header(out, m.header);
  put_number(out, kVerdict, static_cast<uint64_t>(m.verdict));
  if (!m.unknown_slots.empty()) {
    std::string b;
    for (const uint32_t slot : m.unknown_slots) append_varint(b, slot);
    section(out, kSlots, b);
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

// ------------------------------------------------------------------------------------------------------- digest

namespace {
void put_sums(std::string& b, const registry::Digest::Sums& sums) {
  for (const uint64_t sum : sums) append_fixed64(b, sum);
}
void get_sums(ByteReader& r, registry::Digest::Sums& sums) {
  for (uint64_t& sum : sums) sum = r.fixed64();
}
}  // namespace

std::string encode(const DigestRequest& m) {
  std::string out;
  put_header(out, m.header);
  std::string b;
  put_sums(b, m.roots);
  section(out, kRoots, b);
  return out;
}

Result<DigestRequest> decode_digest_request(std::string_view bytes) {
  const auto s = Sections::read(bytes);
  if (!s) return s.error();
  DigestRequest m;
  ByteReader r = s->of(kRoots);
  get_sums(r, m.roots);
  if (!get_header(*s, m.header) || !r.ok() || !r.at_end()) return malformed("digest");
  return m;
}

std::string encode(const DigestReply& m) {
  std::string out;
  put_header(out, m.header);
  std::string b;
  for (const DigestLeaves& d : m.differing) {
    b += static_cast<char>(d.root);
    put_sums(b, d.sums);
  }
  section(out, kLeafSums, b);
  return out;
}

Result<DigestReply> decode_digest_reply(std::string_view bytes) {
  const auto s = Sections::read(bytes);
  if (!s) return s.error();
  DigestReply m;
  if (!get_header(*s, m.header)) return malformed("answer to digest");
  ByteReader r = s->of(kLeafSums);
  int before = -1;
  while (!r.at_end()) {
    DigestLeaves& d = m.differing.emplace_back();
    d.root = r.byte();
    get_sums(r, d.sums);
    if (!r.ok() || d.root <= before) return malformed("answer to digest");
    before = d.root;
  }
  if (!r.ok()) return malformed("answer to digest");
  return m;
}

// ------------------------------------------------------------------------------------------------------- leaves

std::string encode(const LeavesRequest& m) {
  std::string out;
  put_header(out, m.header);
  std::string b;
  uint16_t last = 0;
  for (const uint16_t leaf : m.leaves) {
    append_varint(b, static_cast<uint16_t>(leaf - last));
    last = leaf;
  }
  section(out, kLeafNumbers, b);
  b.clear();
  for (const LeafEntry& e : m.entries) {  // 17 bytes, unless it was set
    append_fixed64(b, e.key_digest);
    put_version(b, e.version);
  }
  section(out, kLeafEntries, b);
  return out;
}

Result<LeavesRequest> decode_leaves_request(std::string_view bytes) {
  const auto s = Sections::read(bytes);
  if (!s) return s.error();
  LeavesRequest m;
  if (!get_header(*s, m.header)) return malformed("leaves");
  ByteReader numbers = s->of(kLeafNumbers);
  uint64_t leaf = 0;
  while (!numbers.at_end()) {
    const uint64_t step = numbers.varint_up_to(UINT16_MAX - leaf);
    if (!numbers.ok() || (step == 0 && !m.leaves.empty())) return malformed("leaves");
    leaf += step;
    m.leaves.push_back(static_cast<uint16_t>(leaf));
  }
  ByteReader entries = s->of(kLeafEntries);
  while (!entries.at_end()) {
    LeafEntry e;
    e.key_digest = entries.fixed64();
    e.version = get_version(entries);
    if (!entries.ok()) return malformed("leaves");
    m.entries.push_back(e);
  }
  if (!numbers.ok() || !entries.ok()) return malformed("leaves");
  return m;
}

std::string encode(const LeavesReply& m, const RecordBatch& records) {
  std::string out;
  put_header(out, m.header);
  put_records(out, records);
  std::string b;
  for (const uint64_t digest : m.wanted) append_fixed64(b, digest);
  section(out, kWanted, b);
  put_number(out, kLeftOut, m.left_out);
  return out;
}

Result<LeavesReply> decode_leaves_reply(std::string_view bytes) {
  const auto s = Sections::read(bytes);
  if (!s) return s.error();
  LeavesReply m;
  if (!get_header(*s, m.header) || !get_number(*s, kLeftOut, UINT64_MAX, m.left_out)) {
    return malformed("answer to leaves");
  }
  ByteReader r = s->of(kWanted);
  while (!r.at_end()) m.wanted.push_back(r.fixed64());
  if (!r.ok()) return malformed("answer to leaves");
  auto records = get_records(*s);
  if (!records) return records.error();
  m.records = std::move(*records);
  return m;
}

// ------------------------------------------------------------------------------------------------------- sync

namespace {
void put_cursor(std::string& out, const registry::RecordCursor& cursor) {
  std::string b;
  append_varint(b, cursor.shard);
  append_varint(b, cursor.slot);
  section(out, kCursor, b);
}
bool get_cursor(const Sections& s, registry::RecordCursor& cursor) {
  if (!s.has(kCursor)) return false;
  ByteReader r = s.of(kCursor);
  cursor.shard = static_cast<uint32_t>(r.varint_up_to(UINT32_MAX));
  cursor.slot = static_cast<uint32_t>(r.varint_up_to(UINT32_MAX));
  return r.ok() && r.at_end();
}
}  // namespace

std::string encode(const SyncRequest& m) {
  std::string out;
  put_header(out, m.header);
  put_cursor(out, m.cursor);
  return out;
}

Result<SyncRequest> decode_sync_request(std::string_view bytes) {
  const auto s = Sections::read(bytes);
  if (!s) return s.error();
  SyncRequest m;
  if (!get_header(*s, m.header) || !get_cursor(*s, m.cursor)) return malformed("sync");
  return m;
}

std::string encode(const SyncReply& m, const RecordBatch& records) {
  std::string out;
  put_header(out, m.header);
  put_records(out, records);
  put_cursor(out, m.next);
  put_number(out, kDone, m.done ? 1 : 0);
  return out;
}

Result<SyncReply> decode_sync_reply(std::string_view bytes) {
  const auto s = Sections::read(bytes);
  if (!s) return s.error();
  SyncReply m;
  uint64_t done = 0;
  if (!get_header(*s, m.header) || !get_cursor(*s, m.next) || !get_number(*s, kDone, 1, done)) {
    return malformed("answer to sync");
  }
  m.done = done != 0;
  auto records = get_records(*s);
  if (!records) return records.error();
  m.records = std::move(*records);
  return m;
}

}  // namespace discovery::cluster
