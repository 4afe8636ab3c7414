#include "registry/digest.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>

#include "registry/cursor.h"

namespace discovery::registry {

namespace {
constexpr uint64_t kSchedulerDomain = 0x7363686564756c65ULL;  // hashes of different things never meet
constexpr uint64_t kImportDomain = 0x696d706f72742121ULL;

/// Bytes to be hashed: on the stack unless somebody's names are unusually long.
template <size_t kSmall>
class Bytes {
 public:
  explicit Bytes(size_t bytes) {
    if (bytes > small_.size()) large_.resize(bytes);
    at_ = begin_ = large_.empty() ? small_.data() : large_.data();
  }
  /// Lowest byte first on every machine: the hashes go over the wire.
  template <class T>
  void number(T value) {
    if constexpr (std::endian::native == std::endian::little) {
      std::memcpy(at_, &value, sizeof value);
      at_ += sizeof value;
    } else {
      for (size_t i = 0; i < sizeof(T); ++i) *at_++ = static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
    }
  }
  void text(std::string_view s) {
    number(static_cast<uint32_t>(s.size()));
    if (!s.empty()) std::memcpy(at_, s.data(), s.size());
    at_ += s.size();
  }
  [[nodiscard]] uint64_t hash(const HashKey& key) const {
    return siphash(key, {begin_, static_cast<size_t>(at_ - begin_)});
  }

 private:
  std::array<char, kSmall> small_;
  std::string large_;
  char* begin_;
  char* at_;
};
}  // namespace

uint64_t key_digest(const HashKey& cluster_key, const InstanceKeyView& key) {
  Bytes<256> bytes(4 * sizeof(uint32_t) + key.app.env.size() + key.app.appid.size() + key.zone.size() +
                   key.hostname.size());
  for (const std::string_view name : {key.app.env, key.app.appid, key.zone, key.hostname}) bytes.text(name);
  return bytes.hash(cluster_key);
}

uint64_t version_digest(const HashKey& cluster_key, uint64_t key_digest, const Version& version) {
  Bytes<40> bytes(33);
  bytes.number(key_digest);
  bytes.number(version.incarnation.t_ns);
  bytes.number(version.incarnation.node);
  bytes.number(static_cast<uint8_t>(version.incarnation.tombstone));
  bytes.number(version.incarnation.import_hash);
  bytes.number(version.set.t_ns);
  bytes.number(version.set.node);
  return bytes.hash(cluster_key);
}

int64_t fingerprint_of_sum(uint64_t sum) {
  // A sum changes in its low bits as well as in its high ones; the finaliser of MurmurHash3 brings all to the low ones.
  sum ^= sum >> 33;
  sum *= 0xff51afd7ed558ccdULL;
  sum ^= sum >> 33;
  sum *= 0xc4ceb9fe1a85ec53ULL;
  sum ^= sum >> 33;
  return static_cast<int64_t>(sum) & kFingerprintMask;
}

uint64_t scheduler_digest(const HashKey& cluster_key, std::string_view json) {
  return json.empty() ? 0 : siphash({cluster_key.k0 ^ kSchedulerDomain, cluster_key.k1}, json);
}

uint32_t import_hash(const HashKey& cluster_key, uint64_t key_digest, const Record& record) {
  const InstanceText& t = record.text;
  const bool tombstone = record.tombstone();
  Bytes<512> bytes(64 + 5 * sizeof(uint32_t) + t.region.size() + t.version.size() + t.addrs_json.size() +
                   t.metadata_json.size() + t.extension.size());
  bytes.number(key_digest);
  bytes.number(record.dirty_ns);
  if (!tombstone) {
    for (const std::string_view s : {t.region, t.version, t.addrs_json, t.metadata_json, t.extension}) bytes.text(s);
    for (const int64_t ns : {record.reg_ns, record.up_ns, record.latest_ns}) bytes.number(ns);
    bytes.number(record.status);
  }
  return static_cast<uint32_t>(bytes.hash({cluster_key.k0 ^ kImportDomain, cluster_key.k1}));
}

void Digest::Free::operator()(uint64_t* sums) const { std::free(sums); }

Digest::Digest() : leaves_(static_cast<uint64_t*>(std::calloc(kLeaves, sizeof(uint64_t)))) {
  if (!leaves_) throw std::bad_alloc();
}

void Digest::add(uint64_t key_digest, uint64_t hash) {
  const size_t leaf = leaf_of(key_digest);
  std::atomic_ref(leaves_[leaf]).fetch_add(hash, std::memory_order_relaxed);
  roots_[leaf / kFanOut].fetch_add(hash, std::memory_order_relaxed);
}

void Digest::subtract(uint64_t key_digest, uint64_t hash) { add(key_digest, uint64_t{0} - hash); }

Digest::Sums Digest::roots() const {
  Sums sums;
  for (size_t i = 0; i < kFanOut; ++i) sums[i] = roots_[i].load(std::memory_order_relaxed);
  return sums;
}

Digest::Sums Digest::leaves(size_t root) const {
  Sums sums;
  for (size_t i = 0; i < kFanOut; ++i)
    sums[i] = std::atomic_ref(leaves_[root * kFanOut + i]).load(std::memory_order_relaxed);
  return sums;
}

bool Digest::operator==(const Digest& other) const {
  if (roots() != other.roots()) return false;
  for (size_t root = 0; root < kFanOut; ++root) {
    if (leaves(root) != other.leaves(root)) return false;
  }
  return true;
}

}  // namespace discovery::registry
