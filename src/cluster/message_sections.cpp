#include "cluster/message_sections.h"

#include "registry/record_codec.h"

namespace discovery::cluster {

using registry::Record;

void RecordBatch::add(const Record& record) {
  registry::append_record(bytes_, record);
  ++count_;
}

// ------------------------------------------------------------------------------------------------------- writing

void put_section(std::string& out, Tag tag, std::string_view bytes) {
  append_varint(out, tag);
  append_text(out, bytes);
}

void put_header(std::string& out, const Header& h) {
  std::string b;
  append_text(b, h.address);
  append_fixed64(b, h.boot);
  append_fixed64(b, h.for_boot);
  append_signed(b, h.sent_ns);
  append_signed(b, h.hlc_ns);
  append_varint(b, h.welcome);
  put_section(out, kHeader, b);
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
  put_section(out, kMembers, b);
}

void put_number(std::string& out, Tag tag, uint64_t number) {
  std::string b;
  append_varint(b, number);
  put_section(out, tag, b);
}

void put_records(std::string& out, const RecordBatch& records, Tag tag) {
  if (records.count() > 0) put_section(out, tag, records.bytes());
}

// ------------------------------------------------------------------------------------------------------- reading

Error malformed(std::string_view what) { return invalid("malformed peer message: " + std::string(what)); }

Result<Sections> Sections::read(std::string_view bytes) {
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

bool get_header(const Sections& s, Header& h) {
  if (!s.has(kHeader)) return false;
  ByteReader r = s.of(kHeader);
  h.address = r.text();
  h.boot = r.fixed64();
  h.for_boot = r.fixed64();
  h.sent_ns = r.signed_varint();
  h.hlc_ns = r.signed_varint();
  if (!r.at_end()) h.welcome = r.varint();  // a node of version 2 or older gives none
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

bool get_number(const Sections& s, Tag tag, uint64_t max, uint64_t& number) {
  if (!s.has(tag)) return true;  // the default
  ByteReader r = s.of(tag);
  number = r.varint_up_to(max);
  return r.ok() && r.at_end();
}

Result<std::vector<Record>> get_records(const Sections& s, Tag tag) {
  std::vector<Record> records;
  std::string_view bytes = s.bytes(tag);
  while (!bytes.empty()) {
    auto record = registry::read_record(bytes);
    if (!record) return record.error();
    records.push_back(*record);
  }
  return records;
}

}  // namespace discovery::cluster
