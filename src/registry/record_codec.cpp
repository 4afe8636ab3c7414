#include "registry/record_codec.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "registry/origin.h"

namespace discovery::registry {
namespace {

/// Names of fields for ever: one that is given up is not given again. Rising, and without holes, so that whatever is
/// above the last is a newer node's.
enum Tag : uint64_t {
  kEnv = 1,
  kAppid,
  kZone,
  kHostname,
  kIncarnationT,
  kIncarnationNode,
  kTombstone,
  kImportHash,
  kSetT,
  kSetNode,
  kRegion,
  kVersion,
  kAddrs,
  kMetadata,
  kRegT,
  kUpT,
  kDirtyT,
  kLatestT,
  kStatus,
  kHidden,
  kAppLatestT,
  kHomeAge,
  kHiddenAge,
  kOrigin,
};
constexpr uint64_t kLastTag = kOrigin;

constexpr size_t kVarintBytesMax = 10;
/// About 146 years. No age that is read brings the arithmetic of its users to its end.
constexpr int64_t kAgeMaxNs = std::numeric_limits<int64_t>::max() / 2;

// -- writing

size_t varint_bytes(uint64_t v) { return v == 0 ? 1 : (static_cast<size_t>(std::bit_width(v)) + 6) / 7; }

uint64_t zigzag(int64_t v) { return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63); }

void append_text(std::string& out, Tag tag, std::string_view text) {
  if (text.empty()) return;
  append_varint(out, tag);
  append_varint(out, text.size());
  out.append(text);
}

void append_number_always(std::string& out, Tag tag, uint64_t v) {
  append_varint(out, tag);
  append_varint(out, varint_bytes(v));
  append_varint(out, v);
}

void append_number(std::string& out, Tag tag, uint64_t v) {
  if (v != 0) append_number_always(out, tag, v);
}

void append_stamp(std::string& out, Tag tag, int64_t ns) { append_number(out, tag, zigzag(ns)); }

uint64_t age_ns(Duration age) { return static_cast<uint64_t>(std::clamp<int64_t>(age.count(), 0, kAgeMaxNs)); }

void append_version(std::string& out, const Version& version) {
  append_stamp(out, kIncarnationT, version.incarnation.t_ns);
  append_number(out, kIncarnationNode, version.incarnation.node);
  append_number(out, kTombstone, version.incarnation.tombstone ? 1 : 0);
  append_number(out, kImportHash, version.incarnation.import_hash);
  append_stamp(out, kSetT, version.set.t_ns);
  append_number(out, kSetNode, version.set.node);
}

void append_content(std::string& out, const InstanceText& text) {
  append_text(out, kRegion, text.region);
  append_text(out, kVersion, text.version);
  append_text(out, kAddrs, text.addrs_json);
  append_text(out, kMetadata, text.metadata_json);
}

void append_fields(std::string& out, const Record& record) {
  append_text(out, kEnv, record.app.env);
  append_text(out, kAppid, record.app.appid);
  append_text(out, kZone, record.text.zone);
  append_text(out, kHostname, record.text.hostname);
  append_version(out, record.version);
  if (!record.tombstone()) append_content(out, record.text);
  append_stamp(out, kRegT, record.reg_ns);
  append_stamp(out, kUpT, record.up_ns);
  append_stamp(out, kDirtyT, record.dirty_ns);
  append_stamp(out, kLatestT, record.latest_ns);
  append_number(out, kStatus, record.status);
  append_number(out, kHidden, record.hidden ? 1 : 0);
  append_stamp(out, kAppLatestT, record.app_latest_ns);
  if (record.home_age) append_number_always(out, kHomeAge, age_ns(*record.home_age));
  append_number(out, kHiddenAge, age_ns(record.hidden_age));
  if (!record.tombstone()) append_text(out, kOrigin, record.text.origin);
  out.append(record.text.extension);
}

// -- reading

/// Only the shortest form counts: equal records are equal bytes.
bool take_varint(std::string_view& bytes, uint64_t& v) {
  v = 0;
  for (size_t i = 0; i < std::min(bytes.size(), kVarintBytesMax); ++i) {
    const auto byte = static_cast<uint8_t>(bytes[i]);
    if (i + 1 == kVarintBytesMax && byte > 1) return false;  // past 64 bits
    v |= uint64_t{byte & 0x7fU} << (7 * i);
    if (byte >= 0x80) continue;
    if (byte == 0 && i > 0) return false;
    bytes.remove_prefix(i + 1);
    return true;
  }
  return false;
}

int64_t unzigzag(uint64_t v) { return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1); }

bool read_text(std::string_view value, size_t bytes_max, std::string_view& to) {
  to = value;
  return !value.empty() && value.size() <= bytes_max;
}

/// A default value is left out, so zero is malformed but where `zero` allows it.
bool read_number(std::string_view value, uint64_t max, uint64_t& to, bool zero = false) {
  return take_varint(value, to) && value.empty() && to <= max && (to != 0 || zero);
}

template <class T>
bool read_unsigned(std::string_view value, T& to, uint64_t max = std::numeric_limits<T>::max()) {
  uint64_t v = 0;
  if (!read_number(value, max, v)) return false;
  to = static_cast<T>(v);
  return true;
}

bool read_flag(std::string_view value, bool& to) { return read_unsigned(value, to, 1); }

bool read_stamp(std::string_view value, int64_t& to) {
  uint64_t v = 0;
  if (!read_number(value, std::numeric_limits<uint64_t>::max(), v)) return false;
  to = unzigzag(v);
  return true;
}

/// The time of a version; none is before 1970 (replication.md 2.3: t has 63 bits).
bool read_version_t(std::string_view value, int64_t& to) { return read_stamp(value, to) && to > 0; }

bool read_age(std::string_view value, Duration& to, bool zero) {
  uint64_t v = 0;
  if (!read_number(value, static_cast<uint64_t>(kAgeMaxNs), v, zero)) return false;
  to = Duration(static_cast<int64_t>(v));
  return true;
}

bool read_name(std::string_view value, std::string_view& to) { return read_text(value, kNameBytesMax, to); }
bool read_content(std::string_view value, std::string_view& to) { return read_text(value, kRecordBytesMax, to); }

bool read_field(Record& to, uint64_t tag, std::string_view value) {
  Incarnation& incarnation = to.version.incarnation;
  switch (tag) {
    case kEnv:
      return read_name(value, to.app.env);
    case kAppid:
      return read_name(value, to.app.appid);
    case kZone:
      return read_name(value, to.text.zone);
    case kHostname:
      return read_name(value, to.text.hostname);
    case kIncarnationT:
      return read_version_t(value, incarnation.t_ns);
    case kIncarnationNode:
      return read_unsigned(value, incarnation.node);
    case kTombstone:
      return read_flag(value, incarnation.tombstone);
    case kImportHash:
      return read_unsigned(value, incarnation.import_hash);
    case kSetT:
      return read_version_t(value, to.version.set.t_ns);
    case kSetNode:
      return read_unsigned(value, to.version.set.node);
    case kRegion:
      return !incarnation.tombstone && read_content(value, to.text.region);
    case kVersion:
      return !incarnation.tombstone && read_content(value, to.text.version);
    case kAddrs:
      return !incarnation.tombstone && read_content(value, to.text.addrs_json);
    case kMetadata:
      return !incarnation.tombstone && read_content(value, to.text.metadata_json);
    case kRegT:
      return read_stamp(value, to.reg_ns);
    case kUpT:
      return read_stamp(value, to.up_ns);
    case kDirtyT:
      return read_stamp(value, to.dirty_ns);
    case kLatestT:
      return read_stamp(value, to.latest_ns);
    case kStatus:
      return read_unsigned(value, to.status);
    case kHidden:
      return read_flag(value, to.hidden);
    case kAppLatestT:
      return read_stamp(value, to.app_latest_ns);
    case kHomeAge:
      return read_age(value, to.home_age.emplace(), true);
    case kHiddenAge:
      return read_age(value, to.hidden_age, false);
    case kOrigin:
      to.text.origin = value;
      return !incarnation.tombstone && value.size() <= kOriginBytesMax && is_origin(value);
    default:
      return false;
  }
}

/// Takes (tag, length, bytes) off the front; tags rise.
bool take_field(std::string_view& bytes, uint64_t& tag, std::string_view& value) {
  const uint64_t before = tag;
  uint64_t length = 0;
  if (!take_varint(bytes, tag) || tag <= before || !take_varint(bytes, length) || length > bytes.size()) return false;
  value = bytes.substr(0, static_cast<size_t>(length));
  bytes.remove_prefix(static_cast<size_t>(length));
  return true;
}

bool read_fields(std::string_view bytes, Record& to) {
  uint64_t tag = 0;
  while (!bytes.empty()) {
    const std::string_view from_here = bytes;
    std::string_view value;
    if (!take_field(bytes, tag, value)) return false;
    if (tag <= kLastTag) {
      if (!read_field(to, tag, value)) return false;
    } else if (to.text.extension.empty()) {  // the first one unknown: all behind it are too
      if (from_here.size() > kExtensionBytesMax) return false;
      to.text.extension = from_here;
    }
  }
  return true;
}

bool has_names(const Record& record) {
  return !record.app.env.empty() && !record.app.appid.empty() && !record.text.zone.empty() &&
         !record.text.hostname.empty();
}

}  // namespace

void append_record(std::string& out, const Record& record) {
  const size_t begin = out.size();
  append_fields(out, record);
  std::string length;
  append_varint(length, out.size() - begin);
  out.insert(begin, length);
}

Result<Record> read_record(std::string_view& bytes) {
  std::string_view rest = bytes;
  uint64_t length = 0;
  if (!take_varint(rest, length)) return invalid("a record without a length");
  if (length > kRecordBytesMax) return invalid("a record that is too long");
  if (length > rest.size()) return invalid("a record that ends early");
  Record record;
  if (!read_fields(rest.substr(0, static_cast<size_t>(length)), record)) return invalid("a malformed record");
  if (!has_names(record)) return invalid("a record without a name");
  bytes = rest.substr(static_cast<size_t>(length));
  return record;
}

}  // namespace discovery::registry
