// Who asks this node, how much, and who was slowed.
//
//   GET /api/clients?sort=requests|polls|connections&limit=
//
// The answer is a JSON object. Thread: pure. Limits: kClientRowsMax rows. Errors: kInvalidArgument.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "guard/client_table.h"

namespace discovery::queries {

inline constexpr size_t kClientRowsMax = 1000;
/// A client counts as slowed so long after the last answer that was held back.
inline constexpr Duration kSlowedFor = std::chrono::seconds(10);

/// What the connections of one address are doing.
struct ConnectionCounts {
  uint64_t open = 0;
  uint64_t parked = 0;  ///< polls that wait
  uint64_t slow = 0;    ///< have not taken their answer yet
};
using ConnectionsByClient = std::map<std::string, ConnectionCounts, std::less<>>;

/// What is counted on several reactors, put together.
[[nodiscard]] std::vector<guard::ClientTable::Row> sum_by_address(std::vector<guard::ClientTable::Row> rows);
[[nodiscard]] size_t slowed_clients(std::span<const guard::ClientTable::Row> rows, TimePoint now);

/// `rows`: one an address.
[[nodiscard]] Result<std::string> clients_json(std::vector<guard::ClientTable::Row> rows,
                                               const ConnectionsByClient& connections, std::string_view node,
                                               std::string_view query);

}  // namespace discovery::queries
