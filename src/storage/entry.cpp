#include "storage/entry.h"

#include <algorithm>

#include "base/bytes.h"
#include "registry/record_codec.h"

namespace discovery::storage {
namespace {

constexpr uint8_t kLeaseKnown = 1;
constexpr size_t kFixedBytes = sizeof(uint64_t) + sizeof(uint8_t);

bool is_name(std::string_view name) { return !name.empty() && name.size() <= registry::kNameBytesMax; }

bool has_readable_names(const registry::Record& record) {
  return is_name(record.app.env) && is_name(record.app.appid) && is_name(record.text.zone) &&
         is_name(record.text.hostname) && record.text.extension.size() <= registry::kExtensionBytesMax;
}

}  // namespace

bool append_entry(std::string& out, const registry::StoredRecord& stored, TimePoint instant) {
  registry::Record record = stored.at(instant);
  record.home_age.reset();
  if (!has_readable_names(record)) return false;
  const size_t before = out.size();
  append_le(out, static_cast<uint64_t>(to_wire_ns(instant) - stored.lease_ns));
  append_le(out, stored.lease_known ? kLeaseKnown : uint8_t{0});
  const size_t begin = out.size();
  registry::append_record(out, record);
  // A length of four bytes is what the largest record has.
  if (out.size() - begin <= registry::kRecordBytesMax + 4) return true;
  out.resize(before);
  return false;
}

Result<Entry> read_entry(std::string_view& bytes) {
  if (bytes.size() < kFixedBytes) return invalid("an entry that ends early");
  std::string_view rest = bytes;
  Entry entry;
  entry.lease_age = Duration(static_cast<int64_t>(take_le<uint64_t>(rest)));
  // Bits of a newer node are not ours to judge.
  entry.lease_known = (take_le<uint8_t>(rest) & kLeaseKnown) != 0;
  auto record = registry::read_record(rest);
  if (!record) return record.error();
  entry.record = *record;
  bytes = rest;
  return entry;
}

}  // namespace discovery::storage
