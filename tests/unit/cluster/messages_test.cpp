#include "cluster/messages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "base/random.h"
#include "registry/record_codec.h"
#include "unit/cluster/message_samples.h"

namespace discovery::cluster {
namespace {

void expect_header(const Header& h) {
  const Header want = sample_header();
  EXPECT_EQ(h.address, want.address);
  EXPECT_EQ(h.boot, want.boot);
  EXPECT_EQ(h.for_boot, want.for_boot);
  EXPECT_EQ(h.sent_ns, want.sent_ns);
  EXPECT_EQ(h.hlc_ns, want.hlc_ns);
  EXPECT_EQ(h.welcome, want.welcome);
}

// What a node of version 2 sends ends one number earlier, and what it reads may go on.
TEST(Messages, AHeaderWithoutAWelcomeNumberIsAnOlderNodes) {
  auto sections = split(encode(sample_hello()));
  ASSERT_EQ(sections[0].bytes.back(), 77);
  sections[0].bytes.pop_back();
  const std::string older = put_together(sections);
  const auto h = decode_hello(older);
  ASSERT_TRUE(h);
  EXPECT_EQ(h->header.welcome, 0U);
  EXPECT_EQ(h->header.hlc_ns, sample_header().hlc_ns);
}

void expect_hello(const Hello& h) {
  const Hello want = sample_hello();
  expect_header(h.header);
  EXPECT_EQ(h.version_min, kProtocolMin);
  EXPECT_EQ(h.version_max, kProtocolMax);
  EXPECT_EQ(h.node_id, want.node_id);
  EXPECT_EQ(h.generation, want.generation);
  EXPECT_EQ(h.zone, want.zone);
  EXPECT_EQ(h.members, want.members);
}

void expect_records(const std::vector<registry::Record>& records) {
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].text.hostname, "cart-0");
  EXPECT_EQ(records[1].text.hostname, "cart-1");
  EXPECT_EQ(records[1].version, sample_record("").version);
  EXPECT_EQ(records[1].text.metadata_json, sample_record("").text.metadata_json);
  EXPECT_EQ(records[1].home_age, sample_record("").home_age);
}

TEST(Messages, HelloComesBackWhole) {
  const std::string bytes = encode(sample_hello());
  const auto m = decode_hello(bytes);
  ASSERT_TRUE(m);
  expect_hello(*m);
}

TEST(Messages, HelloReplyComesBackWhole) {
  for (const HelloVerdict verdict : {HelloVerdict::kWelcome, HelloVerdict::kSameNodeId, HelloVerdict::kNoCommonVersion,
                                     HelloVerdict::kClockAhead, HelloVerdict::kNotAdmitted}) {
    const std::string bytes = encode(HelloReply{sample_hello(), verdict});
    const auto m = decode_hello_reply(bytes);
    ASSERT_TRUE(m);
    expect_hello(m->self);
    EXPECT_EQ(m->verdict, verdict);
  }
}

TEST(Messages, PushComesBackWhole) {
  const std::string bytes = encode(sample_push(), sample_batch());
  const auto m = decode_push(bytes);
  ASSERT_TRUE(m);
  expect_header(m->header);
  EXPECT_EQ(m->members, sample_hello().members);
  EXPECT_EQ(m->heard, sample_push().heard);
  expect_records(m->records);
  const LeasePart& l = m->leases;
  EXPECT_EQ(l.from_ns, sample_push().leases.from_ns);
  EXPECT_EQ(l.to_ns, sample_push().leases.to_ns);
  EXPECT_TRUE(l.complete);
  EXPECT_TRUE(l.farewell);
  ASSERT_EQ(l.definitions.size(), 2U);
  EXPECT_EQ(l.definitions[1].slot, 4'000'000'000U);
  EXPECT_EQ(l.definitions[1].key.hostname, "cart-1");
  EXPECT_EQ(l.definitions[0].key.app.env, "dev");
  ASSERT_EQ(l.entries.size(), 3U);
  EXPECT_EQ(l.entries[2].slot, 4'000'000'000U);
  EXPECT_EQ(l.entries[2].age_ns, 3'000'000'000);
}

TEST(Messages, AgesAreRoundedDownToTenMilliseconds) {
  for (const int64_t age : {int64_t{0}, int64_t{9'999'999}, int64_t{10'000'000}, int64_t{2'549'999'999},
                            int64_t{2'550'000'000}, int64_t{90'000'000'001}, int64_t{INT64_MAX / 4}}) {
    Push p;
    p.header = sample_header();
    p.leases.to_ns = 1;
    p.leases.entries = {{3, age}};
    const std::string bytes = encode(p, RecordBatch{});
    const auto m = decode_push(bytes);
    ASSERT_TRUE(m) << age;
    EXPECT_EQ(m->leases.entries.at(0).age_ns, age / 10'000'000 * 10'000'000);
  }
}

TEST(Messages, PushReplyComesBackWhole) {
  for (const PushVerdict verdict :
       {PushVerdict::kTaken, PushVerdict::kOtherBoot, PushVerdict::kClockAhead, PushVerdict::kNotAMember}) {
    const std::string bytes = encode(PushReply{sample_header(), verdict, {1, 5, 4'000'000'000}});
    const auto m = decode_push_reply(bytes);
    ASSERT_TRUE(m);
    expect_header(m->header);
    EXPECT_EQ(m->verdict, verdict);
    EXPECT_EQ(m->unknown_slots, (std::vector<uint32_t>{1, 5, 4'000'000'000}));
  }
}

TEST(Messages, DigestComesBackWhole) {
  const std::string asked = encode(DigestRequest{sample_header(), sample_sums(9)});
  const auto request = decode_digest_request(asked);
  ASSERT_TRUE(request);
  expect_header(request->header);
  EXPECT_EQ(request->roots, sample_sums(9));
  const std::string told = encode(DigestReply{sample_header(), {{3, sample_sums(1)}, {255, sample_sums(2)}}});
  const auto reply = decode_digest_reply(told);
  ASSERT_TRUE(reply);
  ASSERT_EQ(reply->differing.size(), 2U);
  EXPECT_EQ(reply->differing[1].root, 255);
  EXPECT_EQ(reply->differing[1].sums, sample_sums(2));
}

TEST(Messages, LeavesComeBackWhole) {
  const std::string asked = encode(sample_leaves());
  const auto request = decode_leaves_request(asked);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->leaves, sample_leaves().leaves);
  ASSERT_EQ(request->entries.size(), 3U);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(request->entries[i].key_digest, sample_leaves().entries[i].key_digest);
    EXPECT_EQ(request->entries[i].version, sample_leaves().entries[i].version);
  }
  LeavesReply reply;
  reply.header = sample_header();
  reply.wanted = {1, ~uint64_t{0}};
  reply.left_out = 12;
  const std::string told = encode(reply, sample_batch());
  const auto m = decode_leaves_reply(told);
  ASSERT_TRUE(m);
  EXPECT_EQ(m->wanted, reply.wanted);
  EXPECT_EQ(m->left_out, 12U);
  expect_records(m->records);
}

TEST(Messages, SyncComesBackWhole) {
  const std::string asked = encode(SyncRequest{sample_header(), {2, 77}});
  const auto request = decode_sync_request(asked);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->cursor.shard, 2U);
  EXPECT_EQ(request->cursor.slot, 77U);
  for (const bool done : {false, true}) {
    SyncReply reply;
    reply.header = sample_header();
    reply.next = {3, 400};
    reply.done = done;
    const std::string told = encode(reply, sample_batch());
    const auto m = decode_sync_reply(told);
    ASSERT_TRUE(m);
    EXPECT_EQ(m->next.slot, 400U);
    EXPECT_EQ(m->done, done);
    expect_records(m->records);
  }
}

// A section is whole or the message is refused; between two sections a message may end, and then what must stand in it
// is looked for.
TEST(Messages, CutAnywhereButBetweenSectionsIsRefused) {
  for (const MessageKind& kind : all_messages()) {
    ASSERT_TRUE(kind.decodes(kind.bytes)) << kind.name;
    std::vector<size_t> ends{0};
    for (const RawSection& s : split(kind.bytes)) {
      ends.push_back(ends.back() + put_together({s}).size());
    }
    for (size_t n = 0; n < kind.bytes.size(); ++n) {
      const bool between = std::find(ends.begin(), ends.end(), n) != ends.end();
      if (n > 0 && between) continue;
      EXPECT_FALSE(kind.decodes(std::string_view(kind.bytes).substr(0, n))) << kind.name << n;
    }
  }
}

TEST(Messages, FlippedBitsNeverDoHarm) {
  constexpr uint64_t kSeed = 20261120;
  SeededRandom random(kSeed);
  for (const MessageKind& kind : all_messages()) {
    size_t refused = 0;
    for (int round = 0; round < 10'000; ++round) {
      std::string bytes = kind.bytes;
      for (uint64_t flips = 1 + random.below(4); flips > 0; --flips) {
        bytes[random.below(bytes.size())] ^= static_cast<char>(1U << random.below(8));
      }
      refused += kind.decodes(bytes) ? 0U : 1U;
    }
    EXPECT_GT(refused, 0U) << kind.name << ", seed " << kSeed;
  }
}

TEST(Messages, GarbageIsRefused) {
  SeededRandom random(7);
  for (int round = 0; round < 2'000; ++round) {
    std::string bytes(1 + random.below(200), '\0');
    for (char& c : bytes) c = static_cast<char>(random.next());
    for (const MessageKind& kind : all_messages()) EXPECT_FALSE(kind.decodes(bytes)) << kind.name;
  }
}

TEST(Messages, SectionsOfANewerNodeAreSkipped) {
  for (const MessageKind& kind : all_messages()) {
    auto sections = split(kind.bytes);
    sections.push_back({1000, "a section of version 3"});
    sections.push_back({UINT64_MAX, std::string(1000, 'x')});
    EXPECT_TRUE(kind.decodes(put_together(sections))) << kind.name;
  }
}

TEST(Messages, SectionsInAnotherOrderOrTwiceAreRefused) {
  for (const MessageKind& kind : all_messages()) {
    const auto sections = split(kind.bytes);
    for (size_t i = 0; i < sections.size(); ++i) {
      auto twice = sections;
      twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(i), sections[i]);
      EXPECT_FALSE(kind.decodes(put_together(twice))) << kind.name << i;
      if (i == 0) continue;
      auto swapped = sections;
      std::swap(swapped[i - 1], swapped[i]);
      EXPECT_FALSE(kind.decodes(put_together(swapped))) << kind.name << i;
    }
    auto zero = sections;
    zero.insert(zero.begin(), {0, ""});
    EXPECT_FALSE(kind.decodes(put_together(zero))) << kind.name;
  }
}

bool hello_with(const std::function<void(Hello&)>& change) {
  Hello h = sample_hello();
  change(h);
  const std::string bytes = encode(h);
  return decode_hello(bytes).has_value();
}

TEST(Messages, NamesAndMembersHaveLimits) {
  const std::string longest(kAddressBytesMax, 'a');
  const std::string too_long(kAddressBytesMax + 1, 'a');
  const std::string zone(kZoneBytesMax, 'z');
  const std::string zone_too_long(kZoneBytesMax + 1, 'z');
  EXPECT_TRUE(hello_with([&](Hello& h) { h.header.address = longest; }));
  EXPECT_FALSE(hello_with([&](Hello& h) { h.header.address = too_long; }));
  EXPECT_FALSE(hello_with([&](Hello& h) { h.header.address = ""; }));
  EXPECT_TRUE(hello_with([&](Hello& h) { h.zone = zone; }));
  EXPECT_FALSE(hello_with([&](Hello& h) { h.zone = zone_too_long; }));
  EXPECT_TRUE(hello_with([&](Hello& h) { h.members[0].address = longest; }));
  EXPECT_FALSE(hello_with([&](Hello& h) { h.members[0].address = too_long; }));
  EXPECT_FALSE(hello_with([&](Hello& h) { h.members[0].address = ""; }));
  EXPECT_TRUE(hello_with([&](Hello& h) { h.members[0].zone = zone; }));
  EXPECT_FALSE(hello_with([&](Hello& h) { h.members[0].zone = zone_too_long; }));
  EXPECT_TRUE(hello_with([&](Hello& h) { h.members.resize(kMembersMax, {"a", "z", 1, 1, 0}); }));
  EXPECT_FALSE(hello_with([&](Hello& h) { h.members.resize(kMembersMax + 1, {"a", "z", 1, 1, 0}); }));
}

TEST(Messages, NumbersHaveLimits) {
  EXPECT_FALSE(hello_with([](Hello& h) { h.node_id = 0; }));
  EXPECT_FALSE(hello_with([](Hello& h) { h.header.boot = 0; }));
  EXPECT_FALSE(hello_with([](Hello& h) { h.header.sent_ns = -1; }));
  EXPECT_FALSE(hello_with([](Hello& h) { h.header.hlc_ns = -1; }));
  EXPECT_TRUE(hello_with([](Hello& h) { h.header.hlc_ns = INT64_MAX; }));
  EXPECT_TRUE(hello_with([](Hello& h) { h.generation = kGenerationMax; }));
  EXPECT_FALSE(hello_with([](Hello& h) { h.generation = kGenerationMax + 1; }));
  EXPECT_TRUE(hello_with([](Hello& h) { h.members[0].added = h.members[0].removed = kGenerationMax; }));
  EXPECT_FALSE(hello_with([](Hello& h) { h.members[0].added = kGenerationMax + 1; }));
  // What was never added was never removed: a member could not come back from there.
  EXPECT_FALSE(hello_with([](Hello& h) { h.members[0].removed = h.members[0].added + 1; }));
}

bool push_with_leases(const std::function<void(LeasePart&)>& change) {
  Push p = sample_push();
  change(p.leases);
  const std::string bytes = encode(p, RecordBatch{});
  return decode_push(bytes).has_value();
}

TEST(Messages, LeasesHaveLimits) {
  const std::string longest(registry::kNameBytesMax, 'n');
  const std::string too_long(registry::kNameBytesMax + 1, 'n');
  EXPECT_TRUE(push_with_leases([&](LeasePart& l) { l.define(1, {{"e", "a"}, "z", longest}); }));
  EXPECT_FALSE(push_with_leases([&](LeasePart& l) { l.define(1, {{"e", "a"}, "z", too_long}); }));
  EXPECT_FALSE(push_with_leases([&](LeasePart& l) { l.define(1, {{"", "a"}, "z", "h"}); }));
  EXPECT_FALSE(push_with_leases([&](LeasePart& l) { l.definition_count += 1; }));
  EXPECT_FALSE(push_with_leases([&](LeasePart& l) { l.definition_count = UINT64_MAX; }));
  EXPECT_FALSE(push_with_leases([&](LeasePart& l) { l.from_ns = -1; }));
  EXPECT_FALSE(push_with_leases([&](LeasePart& l) { l.to_ns = l.from_ns - 1; }));
  EXPECT_TRUE(push_with_leases([&](LeasePart& l) { l.entries = {{UINT32_MAX, 0}}; }));
}

TEST(Messages, SlotsPastTheLargestAreRefused) {
  std::string b;
  append_signed(b, 1);
  append_signed(b, 1);
  append_varint(b, 1);
  append_varint(b, 0);  // definitions
  append_varint(b, 2);
  append_varint(b, UINT32_MAX);
  b += '\0';
  auto sections = split(encode(sample_push(), RecordBatch{}));
  const auto with_step = [&](uint64_t step) {
    std::string leases = b;
    append_varint(leases, step);
    leases += '\0';
    for (RawSection& s : sections) {
      if (s.tag == 6) s.bytes = leases;
    }
    return decode_push(put_together(sections)).has_value();
  };
  EXPECT_TRUE(with_step(0));
  EXPECT_FALSE(with_step(1));
}

TEST(Messages, LeafNumbersRise) {
  auto sections = split(encode(sample_leaves()));
  const auto with = [&](std::initializer_list<uint64_t> steps) {
    std::string b;
    for (const uint64_t step : steps) append_varint(b, step);
    for (RawSection& s : sections) {
      if (s.tag == 10) s.bytes = b;
    }
    return decode_leaves_request(put_together(sections)).has_value();
  };
  EXPECT_TRUE(with({0, 1, 65534}));
  EXPECT_TRUE(with({65535}));
  EXPECT_FALSE(with({65536}));
  EXPECT_FALSE(with({65535, 1}));
  EXPECT_FALSE(with({5, 0}));
}

TEST(Messages, UnknownVerdictsAreRefused) {
  auto sections = split(encode(PushReply{sample_header(), PushVerdict::kNotAMember, {}}));
  sections.back().bytes = "\x04";
  EXPECT_FALSE(decode_push_reply(put_together(sections)));
  sections = split(encode(HelloReply{sample_hello(), HelloVerdict::kNotAdmitted}));
  sections.back().bytes = "\x05";
  EXPECT_FALSE(decode_hello_reply(put_together(sections)));
}

// replication.md 3.1: five bytes an entry and the cluster has 0.67 MB/s.
TEST(Messages, ARenewalOfADenseSlotTakesFourBytesAtMost) {
  Push p;
  p.header = sample_header();
  p.leases.to_ns = 1'700'000'000'000'000'000;
  const size_t empty = encode(p, RecordBatch{}).size();
  for (uint32_t i = 0; i < 1000; ++i) p.leases.entries.push_back({i * 16 + 3, int64_t{i} * 1'000'000});
  const size_t full = encode(p, RecordBatch{}).size();
  EXPECT_LE(full - empty, 4'000U);
  EXPECT_LE(full - empty, 2'010U);  // two bytes each where the ages are below 2.55 s
}

TEST(Messages, AnEntryOfADigestTakesEighteenBytesAtMost) {
  LeavesRequest m = sample_leaves();
  m.entries.clear();
  const size_t empty = encode(m).size();
  for (uint64_t i = 0; i < 1000; ++i) m.entries.push_back({i, {{1'700'000'000'000'000'000, 9, false, 0}, {}}});
  EXPECT_LE(encode(m).size() - empty, 18'000U);
}

}  // namespace
}  // namespace discovery::cluster
