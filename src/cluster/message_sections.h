// The frame of every message between our nodes: sections (tag, length, bytes) in rising order of tags, and those
// sections that several messages have. Internal to src/cluster; what the messages are stands in messages.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "cluster/messages.h"

namespace discovery::cluster {

/// Sections, in the order in which they are written and must come.
enum Tag : uint64_t {
  kHeader = 1,
  kSelf = 2,
  kMembers = 3,
  kVerdict = 4,
  kRecords = 5,
  kLeases = 6,
  kSlots = 7,
  kRoots = 8,
  kLeafSums = 9,
  kLeafNumbers = 10,
  kLeafEntries = 11,
  kWanted = 12,
  kLeftOut = 13,
  kCursor = 14,
  kDone = 15,
  kHeard = 16,
  kToPassOn = 17,
};
constexpr uint64_t kLastTag = kToPassOn;

[[nodiscard]] Error malformed(std::string_view what);

/// The sections of a message, by tag; unknown ones are left out.
class Sections {
 public:
  static Result<Sections> read(std::string_view bytes);
  [[nodiscard]] bool has(Tag tag) const { return present_[tag]; }
  [[nodiscard]] ByteReader of(Tag tag) const { return ByteReader(bodies_[tag]); }
  [[nodiscard]] std::string_view bytes(Tag tag) const { return bodies_[tag]; }

 private:
  std::string_view bodies_[kLastTag + 1];
  bool present_[kLastTag + 1] = {};
};

void put_section(std::string& out, Tag tag, std::string_view bytes);
void put_header(std::string& out, const Header& header);
void put_members(std::string& out, const std::vector<MemberEntry>& members);
void put_number(std::string& out, Tag tag, uint64_t number);
void put_records(std::string& out, const RecordBatch& records, Tag tag = kRecords);

// False, or an error: malformed. A section that is not there leaves a number as it was, and a list empty.
[[nodiscard]] bool get_header(const Sections& s, Header& header);
[[nodiscard]] bool get_members(const Sections& s, std::vector<MemberEntry>& members);
[[nodiscard]] bool get_number(const Sections& s, Tag tag, uint64_t max, uint64_t& number);
[[nodiscard]] Result<std::vector<registry::Record>> get_records(const Sections& s, Tag tag = kRecords);

}  // namespace discovery::cluster
