// What is posted to a peer that runs the original server: one operation of ours as an urlencoded form.
//
// A post is encoded once, when the operation happens, and completed per receiver by with_flags(): what differs between
// the own zone and another is only who passes it on. Two deliberate differences from what an original sends: each
// address is a parameter of its own, since originals do not split them (D1), and a cancel carries dirty_timestamp too,
// by which our nodes know what it cancelled; originals skip names they do not know (D12; observed on v1.2.0).
//
// Thread: pure functions; views are read during the call only. Cost: linear in the text, one allocation or a few.
// Source: discovery-api.md 10.4; bilibili/discovery v1.2.0, registry/node.go.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "registry/instance.h"

namespace discovery::protocol {

enum class LegacyAction : uint8_t { kRegister, kRenew, kCancel, kSet };

/// Where an action is posted, "/discovery/register".
[[nodiscard]] std::string_view legacy_path(LegacyAction action);

/// The content type of every post.
inline constexpr std::string_view kLegacyContentType = "application/x-www-form-urlencoded";

struct LegacyPost {
  LegacyAction action = LegacyAction::kRegister;
  std::string body;  ///< without replication and from_zone, see with_flags()
};

/// Whom a post is about. Originals send the region along and ignore it; "" where it is not known any more.
struct LegacyTarget {
  registry::InstanceKeyView key;
  std::string_view region{};
};

/// The instance as it is stored now. One without addresses (an original can hold one) is refused by every receiver.
[[nodiscard]] LegacyPost legacy_register(const registry::InstanceView& view);

[[nodiscard]] LegacyPost legacy_renew(const LegacyTarget& target, int64_t dirty_ns);

struct LegacyCancelStamps {
  int64_t latest_ns = 0;  ///< an original raises T of its application to it; 0, as originals send it: by one
  int64_t dirty_ns = 0;   ///< of the instance that was cancelled; 0: not known
};
[[nodiscard]] LegacyPost legacy_cancel(const LegacyTarget& target, const LegacyCancelStamps& stamps);

/// A set of one or more hosts. `statuses` and `metadata` are empty or as long as `hostnames`.
struct LegacySet {
  registry::AppKeyView app;
  std::string_view zone;
  std::string_view region{};
  std::span<const std::string_view> hostnames;
  std::span<const uint32_t> statuses{};
  std::span<const std::string_view> metadata{};  ///< JSON objects, merged by the receiver
  int64_t set_timestamp_ns = 0;                  ///< positive; an original takes 0 as its own now
};
[[nodiscard]] LegacyPost legacy_set(const LegacySet& set);

/// The whole body: to a node of the own zone, which stores it only, or of another, which tells its own zone.
[[nodiscard]] std::string with_flags(const LegacyPost& post, bool to_own_zone);

}  // namespace discovery::protocol
