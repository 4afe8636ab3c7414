// The body of fetch/all, made in pieces so that a registry of any size is never in memory as text
// (spec: discovery-api.md 7.3).
//
// The names are taken once, at the start; each application is read when its turn comes, and a large one in several
// turns, so the answer is no snapshot of one moment: it holds every instance that was there all the time. Peers join
// what they read (replication.md 2.3), for which that is enough.
// Thread: the reactor of its session. Cost: one shard lock per piece.
#pragma once

#include <string>
#include <vector>

#include "codec/http.h"
#include "registry/registry.h"

namespace discovery::protocol {

class FetchAllSource final : public codec::BodySource {
 public:
  static constexpr size_t kPieceBytes = 64 * 1024;

  /// `closing` is what follows the object of applications.
  FetchAllSource(const registry::Registry& registry, std::string_view closing)
      : registry_(registry), keys_(registry.application_keys()), closing_(closing) {}

  bool next(std::string& out) override;

 private:
  /// Appends instances of the application from where the last piece ended; false when there are more.
  bool append_application(std::string& out, const registry::AppKey& key, size_t bytes_max);

  const registry::Registry& registry_;
  const std::vector<registry::AppKey> keys_;
  const std::string closing_;
  size_t key_ = 0;
  bool begun_ = false;
  bool array_open_ = false;
  bool array_empty_ = true;
  std::string open_appid_;
  bool resumed_ = false;  ///< within an application, behind (zone_, hostname_)
  std::string zone_;
  std::string hostname_;
};

}  // namespace discovery::protocol
