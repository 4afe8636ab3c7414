// What the cluster and a node of the original say to each other: the form posts of discovery-api.md 10.4, seen from the
// side that keeps them in order. How they look in bytes is OriginalWire's business (src/protocol/discovery).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "registry/record.h"

namespace discovery::cluster {

/// How far a write goes among originals (discovery-api.md 10.4, D7).
enum class PostReach : uint8_t {
  kEverywhere,  ///< a client's: the own zone, and one node of each other zone
  kOwnZone,     ///< from_zone=true was honoured
};

enum class PostKind : uint8_t { kRegister, kRenew, kCancel, kSet };

/// One operation for the originals, in the order of the clients' requests.
struct Post {
  PostKind kind = PostKind::kRegister;
  PostReach reach = PostReach::kEverywhere;
  std::string path;  ///< "/discovery/renew"
  std::string form;  ///< without replication and from_zone
  // The key, for what an answer may ask for.
  std::string env;
  std::string appid;
  std::string zone;
  std::string hostname;

  [[nodiscard]] registry::InstanceKeyView key() const { return {{env, appid}, zone, hostname}; }
};

/// An instance as an original tells it, with the texts it owns.
struct ForeignInstance {
  std::string env, appid, zone, hostname, region, version, addrs_json, metadata_json;
  uint32_t status = 0;
  int64_t reg_ns = 0, up_ns = 0, renew_ns = 0, dirty_ns = 0, latest_ns = 0;

  [[nodiscard]] registry::Record record() const {
    registry::Record r;
    r.app = {env, appid};
    r.text = {zone, hostname, region, version, addrs_json, metadata_json, {}};
    r.status = status;
    r.reg_ns = reg_ns;
    r.up_ns = up_ns;
    r.dirty_ns = dirty_ns;
    r.latest_ns = latest_ns;
    return r;
  }
};

struct PostAnswer {
  int code = 0;
  std::unique_ptr<ForeignInstance> instance;  ///< of -409
};

/// Bytes of the original's protocol. Pure functions behind an interface, since `cluster` knows no codec.
class OriginalWire {
 public:
  virtual ~OriginalWire() = default;
  [[nodiscard]] virtual Post register_post(const registry::StoredRecord& record) const = 0;
  [[nodiscard]] virtual Post cancel_post(const registry::StoredRecord& record) const = 0;
  /// The form as it is sent, flags included.
  [[nodiscard]] virtual std::string form_for(const Post& post, bool own_zone) const = 0;
  [[nodiscard]] virtual Result<PostAnswer> read_answer(std::string_view body) const = 0;
  [[nodiscard]] virtual Result<std::vector<ForeignInstance>> read_fetch_all(std::string_view body) const = 0;
};

}  // namespace discovery::cluster
