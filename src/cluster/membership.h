// Who belongs to the cluster: two grow-only sets of (address, generation), added and removed, joined entry by entry
// (replication.md 2.4, "Membership"). Equal sets are reached whatever the order of the messages.
//
// A configured node is added at once and never forgotten. A removed one that comes back learns of it and joins again
// under its next generation. Thread: the cluster's. Limits: kMembersMax entries; more are refused.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/messages.h"

namespace discovery::cluster {

class Membership {
 public:
  /// What an entry's change means for coverage.
  enum class Change : uint8_t { kNone, kJoined, kLeft };

  /// Joins the address under at least that generation, unless it was removed meanwhile. Generation 0: under the first
  /// one, if it is not known at all.
  Change add(std::string_view address, std::string_view zone, uint32_t generation);
  /// Removes the present generation.
  Change remove(std::string_view address);
  /// Joins what another node knows.
  Change merge(const MemberEntry& entry);
  void set_node_id(std::string_view address, uint16_t node_id);

  [[nodiscard]] bool contains(std::string_view address) const;
  /// Null when never heard of.
  [[nodiscard]] const MemberEntry* find(std::string_view address) const;
  /// The generation under which it is, or may join again.
  [[nodiscard]] uint32_t next_generation(std::string_view address) const;
  /// The address of another member with that node id, "" when there is none.
  [[nodiscard]] std::string_view other_with_id(uint16_t node_id, std::string_view address) const;
  [[nodiscard]] const std::map<std::string, MemberEntry, std::less<>>& entries() const { return entries_; }
  [[nodiscard]] std::vector<MemberEntry> list() const;

 private:
  static bool is_member(const MemberEntry& e) { return e.added > e.removed; }
  std::map<std::string, MemberEntry, std::less<>> entries_;
};

}  // namespace discovery::cluster
