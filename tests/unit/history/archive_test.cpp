#include "history/archive.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "history/event_codec.h"
#include "registry/origin.h"
#include "simulation/simulated_disk.h"
#include "unit/registry/node.h"

namespace discovery::history {
namespace {

using registry::Name;
using registry::Node;
using simulation::SimulatedDisk;
using std::chrono::seconds;

constexpr size_t kBytes = size_t{1} << 20;

/// A process with its registry, its history and the archive over a disk that outlives it.
struct Process {
  explicit Process(SimulatedDisk& disk, size_t bytes = kBytes) : history(bytes), archive(disk, history, bytes) {
    loaded = archive.load();
    node.registry.set_observer(&history);
  }
  History history;
  Node node;
  Archive archive;
  Archive::Loaded loaded;
};

std::string text_of(const History& history) {
  std::string all;
  for (const Event& e : history.find({.limit = SIZE_MAX}).events) append_on_disk(all, e);
  return all;
}

TEST(EventCodec, GivesBackEveryKindOfEvent) {
  History history(kBytes);
  Node node;
  node.registry.set_observer(&history);
  const Name name;
  history.note(EventKind::kStarted, node.now);
  node.put(name);
  node.put(name, registry::version("413"));
  node.put(name, registry::version("413"));
  ASSERT_TRUE(node.set_status(name, 2));
  const std::string origin = registry::make_origin(seconds(60), "a key");
  registry::RegisterArgs guest;
  guest.key = name.key();
  guest.addrs_json = "[]";
  guest.metadata_json = "{}";
  guest.origin = origin;
  ASSERT_TRUE(node.registry.register_instance(guest, node.now));
  node.cancel(name);
  node.live(std::chrono::hours(3));
  const auto events = history.find({}).events;
  ASSERT_EQ(events.size(), 8u);
  for (const Event& e : events) {
    std::string bytes;
    append_on_disk(bytes, e);
    const auto again = read_from_disk(bytes);
    ASSERT_TRUE(again) << kind_name(e.kind);
    std::string twice;
    append_on_disk(twice, *again);
    EXPECT_EQ(twice, bytes) << kind_name(e.kind);
    for (size_t cut = 0; cut < bytes.size(); ++cut) ASSERT_FALSE(read_from_disk(bytes.substr(0, cut))) << cut;
    EXPECT_FALSE(read_from_disk(bytes + "x"));
  }
}

TEST(Archive, WhatWasSavedIsThereAfterARestart) {
  SimulatedDisk disk;
  std::string before;
  {
    Process p(disk);
    p.node.put(Name{});
    for (int i = 0; i < 5; ++i) p.node.put(Name{});
    ASSERT_TRUE(p.archive.save());
    p.node.cancel(Name{});
    ASSERT_TRUE(p.archive.save());
    ASSERT_TRUE(p.archive.save()) << "with nothing new";
    before = text_of(p.history);
  }
  Process p(disk);
  EXPECT_EQ(p.loaded.events, 3u);
  EXPECT_EQ(p.loaded.files, 1u);
  EXPECT_EQ(p.loaded.damaged, 0u);
  EXPECT_EQ(text_of(p.history), before);
  EXPECT_EQ(p.history.find({}).events.at(1).count, 5u);
  p.node.put(Name{});
  ASSERT_TRUE(p.archive.save());
  Process third(disk);
  EXPECT_EQ(third.loaded.events, 4u);
  EXPECT_EQ(third.loaded.files, 2u);
}

TEST(Archive, TheStateOfAMomentBeforeTheRestart) {
  SimulatedDisk disk;
  TimePoint then;
  {
    Process p(disk);
    p.history.note(EventKind::kStarted, p.node.now);
    p.node.put(Name{});
    then = p.node.now;
    p.node.pass(seconds(10));
    p.node.cancel(Name{});
    ASSERT_TRUE(p.archive.save());
  }
  Process p(disk);
  p.node.registry.set_observer(nullptr);  // as a node loads its snapshot
  p.node.put(Name{});
  p.node.cancel(Name{});
  const PastState state = p.history.state_at(p.node.registry, Name{}.app(), then);
  EXPECT_TRUE(state.complete);
  ASSERT_EQ(state.instances.size(), 1u);
  EXPECT_EQ(state.instances[0].past.numbers.state, registry::RecordState::kVisible);
  EXPECT_EQ(state.instances[0].past.content->version, "412");
}

TEST(Archive, TheDiskHoldsNoMoreThanTheMemory) {
  SimulatedDisk disk;
  {
    Process p(disk);
    for (int i = 0; i < 20'000; ++i) {
      p.node.put({"h" + std::to_string(i % 500)}, registry::version(std::to_string(i)));
      if (i % 100 != 0) continue;
      ASSERT_TRUE(p.archive.save());
    }
    ASSERT_TRUE(p.archive.save());
  }
  size_t bytes = 0;
  for (const auto& name : disk.names()) bytes += disk.bytes(name).size();
  EXPECT_LE(bytes, kBytes + kBytes / 2) << "a file more, while it is being filled";
  Process p(disk);
  EXPECT_GT(p.loaded.events, 1000u);
  EXPECT_EQ(p.history.find({.limit = 1}).events.at(0).hostname, "h499");
}

TEST(Archive, DamageEndsAFileAndNothingElse) {
  SimulatedDisk disk;
  {
    Process p(disk);
    for (int i = 0; i < 10; ++i) {
      p.node.put({"h" + std::to_string(i)});
      ASSERT_TRUE(p.archive.save());
    }
  }
  const std::string name = disk.names().at(0);
  const std::string whole = disk.bytes(name);
  for (size_t at = 0; at < whole.size(); ++at) {
    SimulatedDisk damaged;
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    damaged.put(name, bytes);
    Process p(damaged);
    ASSERT_EQ(p.loaded.damaged, 1u) << at;
    ASSERT_LT(p.loaded.events, 10u) << at;
    p.node.put(Name{});
    ASSERT_TRUE(p.archive.save()) << "into a file of its own";
  }
  SimulatedDisk torn;
  torn.put(name, whole.substr(0, whole.size() - 3));
  EXPECT_EQ(Process(torn).loaded.events, 9u);
}

TEST(Archive, ManyRestartsLoseNothing) {
  SimulatedDisk disk;
  for (int i = 0; i < 40; ++i) {
    Process p(disk);
    ASSERT_EQ(p.loaded.events, static_cast<uint64_t>(i));
    p.node.put({"h" + std::to_string(i)});
    ASSERT_TRUE(p.archive.save());
    ASSERT_LE(disk.names().size(), Archive::kFilesMax + 2);
  }
  const Process p(disk);
  EXPECT_EQ(p.history.find({}).events.back().hostname, "h0");
}

TEST(Archive, ADiskThatRefusesIsNotFilledWithFiles) {
  SimulatedDisk disk;
  Process p(disk);
  p.node.put(Name{});
  ASSERT_TRUE(p.archive.save());
  bool removes = true;
  disk.set_fault([&](SimulatedDisk::Op op, std::string_view) -> std::optional<Error> {
    const bool refused = op == SimulatedDisk::Op::kAppend || (op == SimulatedDisk::Op::kRemove && !removes);
    return refused ? std::optional(Error{ErrorCode::kExhausted, "full"}) : std::nullopt;
  });
  p.node.cancel(Name{});
  for (int i = 0; i < 100; ++i) ASSERT_FALSE(p.archive.save());
  EXPECT_EQ(disk.names().size(), 1u);
  removes = false;
  for (int i = 0; i < 100; ++i) ASSERT_FALSE(p.archive.save());
  EXPECT_EQ(disk.names().size(), 1 + Archive::kLeftoversMax);
  disk.set_fault(nullptr);
  ASSERT_TRUE(p.archive.save());
  EXPECT_EQ(disk.names().size(), 2u);
  const Process again(disk);
  EXPECT_EQ(again.history.find({}).events.size(), 2u) << "what was saved before is still there";
}

TEST(Archive, ADiskThatRefusesIsTriedAgain) {
  SimulatedDisk disk;
  Process p(disk);
  p.node.put(Name{});
  disk.set_fault([](SimulatedDisk::Op op, std::string_view) -> std::optional<Error> {
    if (op != SimulatedDisk::Op::kSync) return std::nullopt;
    return Error{ErrorCode::kUnavailable, "broken"};
  });
  EXPECT_FALSE(p.archive.save());
  p.node.cancel(Name{});
  disk.set_fault(nullptr);
  ASSERT_TRUE(p.archive.save());
  Process again(disk);
  const auto events = again.history.find({}).events;
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events.front().kind, EventKind::kCancelled);
  EXPECT_EQ(events.back().kind, EventKind::kRegistered);
}

TEST(Archive, APowerCutLosesNoMoreThanTheLastSecond) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimulatedDisk disk;
    SeededRandom random(seed);
    {
      Process p(disk);
      p.node.put(Name{});
      ASSERT_TRUE(p.archive.save());
      p.node.cancel(Name{});
      disk.stop_after(random.below(4));
      static_cast<void>(p.archive.save());
    }
    disk.crash(random);
    const Process p(disk);
    EXPECT_GE(p.history.find({}).events.size(), 1u) << seed;
    EXPECT_EQ(p.history.find({}).events.back().kind, EventKind::kRegistered);
  }
}

}  // namespace
}  // namespace discovery::history
