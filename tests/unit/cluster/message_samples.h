// One well-formed message of each kind, with every section filled, and their decoders by name.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "cluster/messages.h"

namespace discovery::cluster {

inline Header sample_header() {
  return {"10.0.0.1:7171", 0xfeedULL, 0xbeefULL, 1'700'000'000'000'000'000, 123'456'789, 77};
}

inline registry::Record sample_record(std::string_view hostname) {
  registry::Record r;
  r.app = {"dev", "shop.cart"};
  r.text = {"zone-a", hostname, "east", "412", R"(["http://10.1.0.7:8000"])", R"({"weight":"10"})", {}};
  r.version = {{1'700'000'000'000'000'001, 7, false, 0}, {1'700'000'000'000'000'002, 8}};
  r.reg_ns = 1;
  r.up_ns = 2;
  r.dirty_ns = 3;
  r.latest_ns = 4;
  r.status = 1;
  r.app_latest_ns = 99;
  r.home_age = std::chrono::seconds(3);
  return r;
}

inline RecordBatch sample_batch() {
  RecordBatch batch;
  batch.add(sample_record("cart-0"));
  batch.add(sample_record("cart-1"));
  return batch;
}

inline Hello sample_hello() {
  Hello h;
  h.header = sample_header();
  h.node_id = 9;
  h.generation = 2;
  h.zone = "zone-a";
  h.members = {{"10.0.0.1:7171", "zone-a", 9, 2, 1}, {"10.0.0.2:7171", "zone-b", 10, 3, 3}};
  return h;
}

inline Push sample_push() {
  Push p;
  p.header = sample_header();
  p.members = sample_hello().members;
  p.heard = {"10.0.0.2:7171", "10.0.0.3:7171"};
  p.leases.from_ns = 1'699'999'999'000'000'000;
  p.leases.to_ns = 1'700'000'000'000'000'000;
  p.leases.complete = true;
  p.leases.farewell = true;
  p.leases.define(17, {{"dev", "shop.cart"}, "zone-a", "cart-0"});
  p.leases.define(4'000'000'000, {{"dev", "shop.cart"}, "zone-a", "cart-1"});
  p.leases.entries = {{17, 20'000'000}, {18, 0}, {4'000'000'000, 3'000'000'000}};
  return p;
}

inline registry::Digest::Sums sample_sums(uint64_t first) {
  registry::Digest::Sums sums{};
  for (size_t i = 0; i < sums.size(); ++i) sums[i] = first * 0x9e3779b97f4a7c15ULL + i;
  return sums;
}

inline LeavesRequest sample_leaves() {
  LeavesRequest m;
  m.header = sample_header();
  m.leaves = {0, 1, 300, 65535};
  m.entries = {{1, {{5, 1, false, 0}, {}}}, {2, {{6, 0, false, 77}, {}}}, {3, {{7, 2, true, 0}, {9, 3}}}};
  return m;
}

struct MessageKind {
  std::string name;
  std::string bytes;
  std::function<bool(std::string_view)> decodes;  ///< what was decoded is within the limits, or nothing was
};

namespace samples {
template <class T>
bool good(const Result<T>& r) {
  return r.has_value();
}
}  // namespace samples

inline std::vector<MessageKind> all_messages() {
  const RecordBatch batch = sample_batch();
  PushReply push_reply{sample_header(), PushVerdict::kOtherBoot, {1, 5, 4'000'000'000}};
  LeavesReply leaves_reply;
  leaves_reply.header = sample_header();
  leaves_reply.wanted = {1, ~uint64_t{0}};
  leaves_reply.left_out = 12;
  DigestReply digest_reply{sample_header(), {{3, sample_sums(1)}, {255, sample_sums(2)}}};
  SyncReply sync_reply;
  sync_reply.header = sample_header();
  sync_reply.next = {3, 400};
  sync_reply.done = true;
  return {
      {"hello", encode(sample_hello()), [](auto b) { return samples::good(decode_hello(b)); }},
      {"hello reply", encode(HelloReply{sample_hello(), HelloVerdict::kSameNodeId}),
       [](auto b) { return samples::good(decode_hello_reply(b)); }},
      {"push", encode(sample_push(), batch), [](auto b) { return samples::good(decode_push(b)); }},
      {"push reply", encode(push_reply), [](auto b) { return samples::good(decode_push_reply(b)); }},
      {"digest", encode(DigestRequest{sample_header(), sample_sums(9)}),
       [](auto b) { return samples::good(decode_digest_request(b)); }},
      {"digest reply", encode(digest_reply), [](auto b) { return samples::good(decode_digest_reply(b)); }},
      {"leaves", encode(sample_leaves()), [](auto b) { return samples::good(decode_leaves_request(b)); }},
      {"leaves reply", encode(leaves_reply, batch), [](auto b) { return samples::good(decode_leaves_reply(b)); }},
      {"sync", encode(SyncRequest{sample_header(), {2, 77}}),
       [](auto b) { return samples::good(decode_sync_request(b)); }},
      {"sync reply", encode(sync_reply, batch), [](auto b) { return samples::good(decode_sync_reply(b)); }},
  };
}

/// The sections of a message as (tag, bytes), and back.
struct RawSection {
  uint64_t tag = 0;
  std::string bytes;
};
inline std::vector<RawSection> split(std::string_view message) {
  std::vector<RawSection> all;
  ByteReader r(message);
  while (!r.at_end()) {
    const uint64_t tag = r.varint();
    all.push_back({tag, std::string(r.text())});
  }
  return all;
}
inline std::string put_together(const std::vector<RawSection>& sections) {
  std::string out;
  for (const RawSection& s : sections) {
    append_varint(out, s.tag);
    append_text(out, s.bytes);
  }
  return out;
}

}  // namespace discovery::cluster
