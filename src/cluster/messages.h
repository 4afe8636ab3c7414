// What two of our nodes say to each other, and its bytes (replication.md 2.3 to 3.3).
//
//   hello    who are you, which version do you speak, who else is there         both channels, first on a connection
//   push     records made here, renewals accepted here, who is a member         delta channel, one at a time
//   digest   256 sums; answered with the leaves below those that differ         bulk channel
//   leaves   keys and versions in leaves that differ; answered with records     bulk channel
//   sync     the next page of all records                                       bulk channel
//
// Every message is a list of sections (tag, length, bytes) in rising order of tags; an unknown section is skipped, so a
// newer node may add some. Errors: kInvalidArgument for anything malformed; nothing is half decoded. Limits: the caller
// bounds the bytes of a message; no count in it can claim more than its bytes hold. Views in a decoded message point
// into its bytes. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "registry/digest.h"
#include "registry/record.h"
#include "registry/registry.h"

namespace discovery::cluster {

/// Versions of this protocol that this code speaks. Since version 2 a node says farewell, since version 3 it passes on
/// records of other zones.
inline constexpr uint32_t kProtocolMin = 1;
inline constexpr uint32_t kProtocolMax = 3;
inline constexpr uint32_t kFarewellSince = 2;
inline constexpr uint32_t kPassesOnSince = 3;

inline constexpr size_t kAddressBytesMax = 512;
inline constexpr size_t kZoneBytesMax = 1024;
inline constexpr size_t kMembersMax = 1024;
inline constexpr uint32_t kGenerationMax = 1U << 30;

/// What stands in every message.
struct Header {
  std::string_view address;  ///< under which the sender is known
  uint64_t boot = 0;         ///< of the sender; another one after every start, never 0
  uint64_t for_boot = 0;     ///< of the receiver as the sender knows it, 0: does not
  int64_t sent_ns = 0;       ///< the sender's clock
  int64_t hlc_ns = 0;        ///< the newest version the sender knows of
  /// Each hello gets the next number there, in the answer; what its sender says afterwards carries it.
  /// So the messages of two boots of one node are told apart by age, without a clock (other.h, Life). 0: none yet.
  uint64_t welcome = 0;
};

/// One node in the two grow-only sets: a member while added > removed.
struct MemberEntry {
  std::string address;
  std::string zone;
  uint16_t node_id = 0;  ///< 0: not known yet
  uint32_t added = 0;    ///< the last generation that joined, 0: none
  uint32_t removed = 0;  ///< the last generation that was removed, at most `added`
  bool operator==(const MemberEntry&) const = default;
};

enum class HelloVerdict : uint8_t {
  kWelcome = 0,
  kSameNodeId = 1,  ///< another member has the sender's node id
  kNoCommonVersion = 2,
  kClockAhead = 3,   ///< its hlc is further ahead than max_clock_lead
  kNotAdmitted = 4,  ///< not configured here, and membership is not open
};

struct Hello {
  Header header;
  uint32_t version_min = kProtocolMin;
  uint32_t version_max = kProtocolMax;
  uint16_t node_id = 0;
  uint32_t generation = 0;
  std::string_view zone;
  std::vector<MemberEntry> members;
};

struct HelloReply {
  Hello self;  ///< of the one who answers
  HelloVerdict verdict = HelloVerdict::kWelcome;
};

struct LeaseDefinition {
  uint32_t slot = 0;
  registry::InstanceKeyView key;
};
struct LeaseEntry {
  uint32_t slot = 0;
  int64_t age_ns = 0;  ///< of the renewal, counted back from LeasePart::to_ns
};

/// Renewals that the sender itself accepted in (from, to] of its clock; or a part of them.
struct LeasePart {
  int64_t from_ns = 0;
  int64_t to_ns = 0;
  bool complete = false;                     ///< this is the last part: what was accepted up to `to` is all told
  bool farewell = false;                     ///< and nothing will be accepted any more
  std::vector<LeaseDefinition> definitions;  ///< as read; written ones go through define()
  std::vector<LeaseEntry> entries;           ///< by slot

  /// Tells from now on which record that slot of the sender's names.
  void define(uint32_t slot, const registry::InstanceKeyView& key);

  std::string definition_bytes;  ///< written by define()
  size_t definition_count = 0;
};

struct Push {
  Header header;
  std::vector<MemberEntry> members;
  std::vector<std::string_view> heard;  ///< other nodes whose pushes came lately, for who trusts refusals
  std::vector<registry::Record> records;
  std::vector<registry::Record> to_pass_on;  ///< to the nodes of the receiver's zone
  LeasePart leases;
};

enum class PushVerdict : uint8_t {
  kTaken = 0,
  kOtherBoot = 1,   ///< for_boot is not mine: tell me all
  kClockAhead = 2,  ///< refused, see HelloVerdict
  kNotAMember = 3,  ///< you were removed, or another boot of you was welcomed since: say hello
};

struct PushReply {
  Header header;
  PushVerdict verdict = PushVerdict::kTaken;
  std::vector<uint32_t> unknown_slots;  ///< renewals of records that are not here, or slots never defined
};

struct DigestRequest {
  Header header;
  registry::Digest::Sums roots{};
};
struct DigestLeaves {
  uint8_t root = 0;
  registry::Digest::Sums sums{};
};
struct DigestReply {
  Header header;
  std::vector<DigestLeaves> differing;
};

/// A record's key and version; the leaf is the top of the key's hash.
struct LeafEntry {
  uint64_t key_digest = 0;
  registry::Version version;
};
struct LeavesRequest {
  Header header;
  std::vector<uint16_t> leaves;    ///< rising
  std::vector<LeafEntry> entries;  ///< all that the sender has in them, by key_digest
};
struct LeavesReply {
  Header header;
  std::vector<registry::Record> records;  ///< newer there, or not known to the asker
  std::vector<uint64_t> wanted;           ///< key_digests: newer at the asker, or not known there
  uint64_t left_out = 0;                  ///< records that found no room in this reply; they are pushed
};

struct SyncRequest {
  Header header;
  registry::RecordCursor cursor;
};
struct SyncReply {
  Header header;
  std::vector<registry::Record> records;
  registry::RecordCursor next;
  bool done = false;
};

/// Records are encoded as they are read, before the message around them.
class RecordBatch {
 public:
  void add(const registry::Record& record);
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] size_t count() const { return count_; }

 private:
  std::string bytes_;
  size_t count_ = 0;
};

// In the encoders the records come from the batch; the message's own list of them is not looked at.
[[nodiscard]] std::string encode(const Hello& message);
[[nodiscard]] std::string encode(const HelloReply& message);
[[nodiscard]] std::string encode(const Push& message, const RecordBatch& records, const RecordBatch& to_pass_on = {});
[[nodiscard]] std::string encode(const PushReply& message);
[[nodiscard]] std::string encode(const DigestRequest& message);
[[nodiscard]] std::string encode(const DigestReply& message);
[[nodiscard]] std::string encode(const LeavesRequest& message);
[[nodiscard]] std::string encode(const LeavesReply& message, const RecordBatch& records);
[[nodiscard]] std::string encode(const SyncRequest& message);
[[nodiscard]] std::string encode(const SyncReply& message, const RecordBatch& records);

[[nodiscard]] Result<Hello> decode_hello(std::string_view bytes);
[[nodiscard]] Result<HelloReply> decode_hello_reply(std::string_view bytes);
[[nodiscard]] Result<Push> decode_push(std::string_view bytes);
[[nodiscard]] Result<PushReply> decode_push_reply(std::string_view bytes);
[[nodiscard]] Result<DigestRequest> decode_digest_request(std::string_view bytes);
[[nodiscard]] Result<DigestReply> decode_digest_reply(std::string_view bytes);
[[nodiscard]] Result<LeavesRequest> decode_leaves_request(std::string_view bytes);
[[nodiscard]] Result<LeavesReply> decode_leaves_reply(std::string_view bytes);
[[nodiscard]] Result<SyncRequest> decode_sync_request(std::string_view bytes);
[[nodiscard]] Result<SyncReply> decode_sync_reply(std::string_view bytes);

}  // namespace discovery::cluster
