// The messages of the bulk channel: digest, leaves and sync.
#include "cluster/message_sections.h"

namespace discovery::cluster {

using registry::Version;

namespace {

void put_version(std::string& b, const Version& v) {
  append_fixed64(b, static_cast<uint64_t>(v.incarnation.t_ns));
  const uint64_t flags = (v.incarnation.tombstone ? 1U : 0U) | (v.set.t_ns != 0 ? 2U : 0U);
  append_varint(b, uint64_t{v.incarnation.node} << 2 | flags);
  if (v.incarnation.node == 0) append_varint(b, v.incarnation.import_hash);
  if (v.set.t_ns == 0) return;
  append_fixed64(b, static_cast<uint64_t>(v.set.t_ns));
  append_varint(b, v.set.node);
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
  put_section(out, kRoots, b);
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
  put_section(out, kLeafSums, b);
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
  put_section(out, kLeafNumbers, b);
  b.clear();
  for (const LeafEntry& e : m.entries) {  // 17 bytes, unless it was set
    append_fixed64(b, e.key_digest);
    put_version(b, e.version);
  }
  put_section(out, kLeafEntries, b);
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
  put_section(out, kWanted, b);
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
  put_section(out, kCursor, b);
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
