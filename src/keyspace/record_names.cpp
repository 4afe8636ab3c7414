#include "keyspace/record_names.h"

#include <array>
#include <charconv>

#include "base/bytes.h"
#include "base/siphash.h"
#include "registry/origin.h"
#include "registry/record_codec.h"

namespace discovery::keyspace {

namespace {

constexpr unsigned kBuckets = 64;
constexpr std::string_view kBucketPrefix = "keys-";
constexpr std::string_view kDigits = "0123456789abcdef";
/// Public: all nodes must agree on the bucket, and a full bucket harms nobody.
constexpr HashKey kBucketKey{0x6469'7363'6f76'6572, 0x6b65'7962'7563'6b73};

constexpr bool is_plain(char c) { return c > ' ' && c < '\x7f' && c != '%'; }

int digit_of(char c) {
  const size_t at = kDigits.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

bool is_storable_key(std::string_view key) {
  size_t bytes = 0;
  for (const char c : key) bytes += is_plain(c) ? 1U : 3U;
  return bytes > 0 && bytes <= registry::kNameBytesMax;
}

RecordName record_of_key(std::string_view key) {
  RecordName name;
  const auto bucket = static_cast<unsigned>(siphash(kBucketKey, key) % kBuckets);
  name.appid = kBucketPrefix;
  name.appid += kDigits[bucket >> 4];
  name.appid += kDigits[bucket & 15];
  name.hostname.reserve(key.size());
  for (const char c : key) {
    if (is_plain(c)) {
      name.hostname += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    name.hostname += '%';
    name.hostname += kDigits[byte >> 4];
    name.hostname += kDigits[byte & 15];
  }
  return name;
}

RecordName record_of_lease(LeaseId id) {
  RecordName name{std::string(kLeasesApp), std::string(16, '0')};
  auto rest = static_cast<uint64_t>(id);
  for (size_t i = 16; i-- > 0; rest >>= 4) name.hostname[i] = kDigits[rest & 15];
  return name;
}

std::optional<std::string> key_of_record(std::string_view appid, std::string_view hostname) {
  if (!appid.starts_with(kBucketPrefix)) return std::nullopt;
  std::string key;
  for (size_t i = 0; i < hostname.size(); ++i) {
    if (hostname[i] != '%') {
      key += hostname[i];
      continue;
    }
    if (hostname.size() - i < 3) return std::nullopt;
    const int high = digit_of(hostname[i + 1]);
    const int low = digit_of(hostname[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    key += static_cast<char>(high * 16 + low);
    i += 2;
  }
  // One name for each key: two records of one key would be deleted one by one.
  if (!is_storable_key(key)) return std::nullopt;
  const RecordName name = record_of_key(key);
  if (name.appid != appid || name.hostname != hostname) return std::nullopt;
  return key;
}

std::optional<LeaseId> lease_of_record(std::string_view appid, std::string_view hostname) {
  if (appid != kLeasesApp || hostname.size() != 16) return std::nullopt;
  uint64_t id = 0;
  const char* const end = hostname.data() + hostname.size();
  const auto [stop, problem] = std::from_chars(hostname.data(), end, id, 16);
  if (problem != std::errc() || stop != end || id == 0 || id >> 63 != 0) return std::nullopt;
  if (record_of_lease(static_cast<LeaseId>(id)).hostname != hostname) return std::nullopt;  // digits above 9 are small
  return static_cast<LeaseId>(id);
}

std::string encode_kept(const Kept& kept) {
  std::string out;
  append_varint(out, static_cast<uint64_t>(kept.kind));
  append_varint(out, static_cast<uint64_t>(kept.lease));
  for (const std::string_view text : {kept.key, kept.value, kept.layout, kept.zone}) append_text(out, text);
  if (!kept.others.empty()) append_text(out, kept.others);
  return out;
}

std::optional<Kept> decode_kept(std::string_view bytes) {
  ByteReader in(bytes);
  Kept kept;
  const uint64_t kind = in.varint();
  const uint64_t lease = in.varint();
  kept.key = in.text();
  kept.value = in.text();
  kept.layout = in.text();
  kept.zone = in.text();
  if (!in.at_end()) kept.others = in.text();
  if (!in.ok() || kind < 1 || kind > 3 || lease >> 63 != 0) return std::nullopt;  // a newer node may add at the end
  kept.kind = static_cast<Kept::Kind>(kind);
  kept.lease = static_cast<LeaseId>(lease);
  return kept;
}

std::optional<Kept> kept_of(const registry::Instance& record) {
  if (!record.is_guest()) return std::nullopt;
  return decode_kept(registry::kept_of_origin(record.origin()));
}

std::optional<KeyOrigin> key_origin_of(std::string_view origin) {
  if (origin.empty()) return std::nullopt;
  const auto kept = decode_kept(registry::kept_of_origin(origin));
  if (!kept || kept->kind != Kept::Kind::kMapped) return std::nullopt;
  return KeyOrigin{kept->layout, kept->key, kept->lease, registry::lease_of_origin(origin)};
}

}  // namespace discovery::keyspace
