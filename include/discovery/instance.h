// What services register and what clients get.
//
// Thread: values; a published InstanceList is never changed again, so it is read from any thread.
// Limits: those of the registry (docs/http-api.md): names 1 to 1,024 bytes, 64 addresses, 256 members and 64 KiB of
// metadata. Timestamps are Unix nanoseconds as the registry gave them; 0 in what a service is about to register.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "discovery/error.h"

namespace discovery::client {

enum class Status : uint8_t {
  kInService = 1,
  kWaiting = 2,  ///< registered, but deliberately out of service: in no list of a client
};

struct Instance {
  std::string region{};  ///< empty when registering: that of the Options, as for the next three
  std::string zone{};    ///< (env, appid, zone, hostname) is the identity
  std::string env{};
  std::string hostname{};
  std::string appid{};               ///< without a comma
  std::vector<std::string> addrs{};  ///< scheme://host:port, at least one
  std::string version{};
  std::map<std::string, std::string> metadata{};
  Status status = Status::kInService;
  int64_t reg_timestamp_ns = 0;
  int64_t up_timestamp_ns = 0;
  int64_t renew_timestamp_ns = 0;
  int64_t dirty_timestamp_ns = 0;
  int64_t latest_timestamp_ns = 0;
};

/// Everything but the timestamps is equal.
[[nodiscard]] bool same_content(const Instance& a, const Instance& b);

/// What would be refused, without asking the registry: empty names, a comma in the appid, no address.
[[nodiscard]] Error check(const Instance& instance);

/// The instances of one application that are in service, by zone, then by hostname.
struct InstanceList {
  std::string appid{};
  std::vector<Instance> instances{};
  bool known = false;               ///< the registry knows the application; false: there is none, instances are empty
  int64_t latest_timestamp_ns = 0;  ///< of the list, at the node that gave it

  [[nodiscard]] bool empty() const { return instances.empty(); }
  [[nodiscard]] std::vector<Instance> in_zone(std::string_view zone) const;
};

}  // namespace discovery::client
