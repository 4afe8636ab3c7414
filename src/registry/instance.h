// One instance as it is stored: a fixed head and its text in one block of memory.
//
// Lifecycle: made whole by Instance::make(), replaced as a whole by a register or set; only the numbers of the head
// change in place. Owned by exactly one Application through InstancePtr. Thread: guarded by the mutex of its shard.
// Addresses and metadata are kept as ready JSON text, an array and an object, canonical as the protocol made them; the
// registry compares and hands out these texts and never looks inside.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "registry/version.h"

namespace discovery::registry {

struct AppKeyView {
  std::string_view env;
  std::string_view appid;
  bool operator==(const AppKeyView&) const = default;
};

/// An AppKeyView that owns its text; ordered by appid, then env.
struct AppKey {
  std::string appid;
  std::string env;
  auto operator<=>(const AppKey&) const = default;
};

struct InstanceKeyView {
  AppKeyView app;
  std::string_view zone;
  std::string_view hostname;
};

enum class RecordState : uint8_t {
  kVisible,    ///< in answers
  kHidden,     ///< its lease ran out: in no answer, until a register shows it again or it is forgotten
  kTombstone,  ///< cancelled: only key and version are kept, so that nothing older brings it back
};

/// The texts an instance is made of.
struct InstanceText {
  std::string_view zone{};
  std::string_view hostname{};
  std::string_view region{};
  std::string_view version{};
  std::string_view addrs_json{};     ///< `["http://10.0.0.1:80"]`
  std::string_view metadata_json{};  ///< `{"weight":"10"}`, members sorted by name
  std::string_view extension{};      ///< fields of a newer node, not understood here but passed on (record_codec.h)
  std::string_view origin{};         ///< of a guest (origin.h), else empty
};

/// The numbers; wire timestamps in Unix nanoseconds (meaning: discovery-api.md 4). The renewal time is not among them:
/// it stands in the dense lease array of the application.
struct InstanceNumbers {
  Version version;
  int64_t reg_ns = 0;
  int64_t up_ns = 0;
  int64_t dirty_ns = 0;
  int64_t latest_ns = 0;
  uint32_t status = 0;
  RecordState state = RecordState::kVisible;
};

class Instance;
struct InstanceDeleter {
  void operator()(Instance* instance) const;
};
using InstancePtr = std::unique_ptr<Instance, InstanceDeleter>;

class Instance {
 public:
  /// Precondition: every text is shorter than 4 GiB, zone and hostname shorter than 64 KiB.
  /// `key_hash` is the hash of this process (Application::key_hash), `key_digest` that of the cluster (digest.h).
  static InstancePtr make(const InstanceText& text, const InstanceNumbers& numbers, uint32_t key_hash,
                          uint64_t key_digest);
  /// Bytes of the block that make() would allocate.
  static size_t bytes_of(const InstanceText& text);

  InstanceNumbers numbers;

  [[nodiscard]] std::string_view zone() const { return part(0, zone_bytes_); }
  [[nodiscard]] std::string_view hostname() const { return part(zone_bytes_, hostname_bytes_); }
  [[nodiscard]] std::string_view region() const { return part(size_t{zone_bytes_} + hostname_bytes_, region_bytes_); }
  [[nodiscard]] std::string_view version() const { return part(names_bytes(), version_bytes_); }
  [[nodiscard]] std::string_view addrs_json() const { return part(names_bytes() + version_bytes_, addrs_bytes_); }
  [[nodiscard]] std::string_view metadata_json() const {
    return part(names_bytes() + version_bytes_ + addrs_bytes_, metadata_bytes_);
  }
  [[nodiscard]] std::string_view extension() const {
    return part(names_bytes() + version_bytes_ + addrs_bytes_ + metadata_bytes_, extension_bytes_);
  }
  [[nodiscard]] std::string_view origin() const {
    return part(names_bytes() + version_bytes_ + addrs_bytes_ + metadata_bytes_ + extension_bytes_, origin_bytes_);
  }
  [[nodiscard]] bool is_guest() const { return origin_bytes_ > 0; }
  [[nodiscard]] InstanceText text() const {
    return {zone(), hostname(), region(), version(), addrs_json(), metadata_json(), extension(), origin()};
  }
  [[nodiscard]] uint32_t key_hash() const { return key_hash_; }
  [[nodiscard]] uint64_t key_digest() const { return key_digest_; }
  [[nodiscard]] size_t bytes() const { return bytes_of(text()); }

 private:
  Instance(const InstanceText& text, const InstanceNumbers& n, uint32_t key_hash, uint64_t key_digest);
  [[nodiscard]] size_t names_bytes() const { return size_t{zone_bytes_} + hostname_bytes_ + region_bytes_; }
  [[nodiscard]] std::string_view part(size_t at, size_t bytes) const {
    return {reinterpret_cast<const char*>(this + 1) + at, bytes};
  }

  uint64_t key_digest_;
  uint32_t key_hash_;
  uint32_t version_bytes_;
  uint32_t addrs_bytes_;
  uint32_t metadata_bytes_;
  uint32_t region_bytes_;
  uint32_t extension_bytes_;
  uint32_t origin_bytes_;
  uint16_t zone_bytes_;
  uint16_t hostname_bytes_;
};

/// An instance as readers see it; the views are valid while the shard is locked, i.e. inside the callback.
struct InstanceView {
  AppKeyView app;
  const Instance* instance = nullptr;
  int64_t renew_ns = 0;
};

}  // namespace discovery::registry
