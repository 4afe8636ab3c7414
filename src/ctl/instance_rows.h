// What is shown of an instance as /api/service tells it, and how one is found among them.
//
// Thread: pure functions but find_instance(), which asks. Errors: of find_instance(), see there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ctl/context.h"

namespace discovery::ctl {

/// "up", "waiting"; "hidden", "cancelled", and "up, overdue".
[[nodiscard]] std::string state_text(const Json& instance);
[[nodiscard]] std::string lease_text(const Json& instance);
[[nodiscard]] std::string addresses_text(const Json& instance);
/// "etcd /microservices/shop.cart/cart-0", "-" of one that came by the Discovery API.
[[nodiscard]] std::string origin_text(const Json& instance);
/// Zone, host, version, an address, the key it came by or metadata contains the text, letter case aside.
[[nodiscard]] bool mentions(const Json& instance, std::string_view text);

/// A listed instance somebody names.
struct Target {
  std::string env;
  std::string appid;
  std::string zone;
  std::string hostname;
  int64_t status = 1;

  [[nodiscard]] client::Parameters parameters() const;
  /// "h1 of shop.cart (env dev, zone z1)"
  [[nodiscard]] std::string text() const;
};
[[nodiscard]] Target target_of(const Json& instance, const std::string& env, const std::string& appid);
[[nodiscard]] bool is_listed(const Json& instance);

/// `service` is what /api/service answered. kRefused when the host is not listed; kUsage when several zones have it and
/// none is named.
[[nodiscard]] Outcome<Target> find_instance(const Json& service, const Target& wanted);

/// How many are listed.
struct Listed {
  int64_t up = 0;
  int64_t waiting = 0;
  /// "3 up, 1 waiting"
  [[nodiscard]] std::string text() const;
};
enum class Change : uint8_t { kGone, kUp, kWaiting };
/// What an application is before and after something becomes of some of its instances.
struct Preview {
  Listed before, after;
  /// Zones that had an instance up, and will have none.
  std::vector<std::string> empty_zones;

  /// "3 up, 1 waiting now; 2 up, 1 waiting then"; with a warning where nothing or a zone without any remains.
  [[nodiscard]] std::string text() const;
};
[[nodiscard]] Preview preview(const Json& service, const std::vector<Target>& targets, Change change);

}  // namespace discovery::ctl
