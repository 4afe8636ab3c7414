#include "node/large_pages.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>

namespace discovery::node {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

/// Anonymous memory of 64 MiB, which nobody else uses.
class Memory {
 public:
  static constexpr size_t kBytes = 64 * kMiB;
  Memory()
      : begin_(
            static_cast<char*>(::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {}
  ~Memory() { ::munmap(begin_, kBytes); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  char* begin() const { return begin_; }
  /// Of the mapping it is in, as the kernel tells it.
  size_t kilobytes(const std::string& field) const {
    std::ifstream maps("/proc/self/smaps");
    bool here = false;
    for (std::string line; std::getline(maps, line);) {
      unsigned long from = 0;
      unsigned long to = 0;
      if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2) {
        const auto at = reinterpret_cast<unsigned long>(begin_);
        here = from <= at && at < to;
      } else if (here && line.starts_with(field + ":")) {
        return std::stoul(line.substr(field.size() + 1));
      }
    }
    return 0;
  }

 private:
  char* begin_;
};

TimePoint at(Duration t) { return TimePoint(std::chrono::hours(1)) + t; }

/// Every step of one round.
void run_round(LargePages& pages, TimePoint& now, size_t registry_bytes) {
  for (TimePoint next = pages.tick(now, registry_bytes); next != TimePoint::max();) {
    const bool over = next - now >= LargePages::kRound;
    now = next;
    if (over) return;
    next = pages.tick(now, registry_bytes);
  }
}

class LargePagesTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!pages_.usable()) GTEST_SKIP() << "no huge pages here";
  }
  LargePages pages_;
  TimePoint now_ = at({});
};

TEST_F(LargePagesTest, CollapseWhatIsInUseAndChangeNothing) {
  Memory memory;
  for (size_t i = 0; i < Memory::kBytes; ++i) memory.begin()[i] = static_cast<char>(i * 31 >> 7);
  const size_t before = memory.kilobytes("AnonHugePages");
  run_round(pages_, now_, 8192 * kMiB);
  if (!pages_.usable()) GTEST_SKIP() << "this kernel does not collapse on demand";
  EXPECT_GT(pages_.collapsed(), 0u);
  EXPECT_GT(memory.kilobytes("AnonHugePages"), before);
  for (size_t i = 0; i < Memory::kBytes; ++i) ASSERT_EQ(memory.begin()[i], static_cast<char>(i * 31 >> 7)) << i;
}

TEST_F(LargePagesTest, LeaveAloneWhatIsHardlyUsed) {
  Memory memory;
  for (size_t piece = 0; piece < Memory::kBytes; piece += LargePages::kPieceBytes) {
    std::memset(memory.begin() + piece, 1, LargePages::kPieceBytes / 2);
  }
  const size_t before = memory.kilobytes("Rss");
  run_round(pages_, now_, 1024 * kMiB);
  EXPECT_LE(memory.kilobytes("Rss"), before);
}

TEST_F(LargePagesTest, DoNothingForASmallRegistry) {
  Memory memory;
  std::memset(memory.begin(), 1, Memory::kBytes);
  EXPECT_EQ(pages_.tick(now_, LargePages::kRegistryMin - 1), now_ + LargePages::kRound);
  EXPECT_EQ(pages_.collapsed(), 0u);
}

TEST_F(LargePagesTest, TakeOneStepAtATime) {
  Memory memory;
  std::memset(memory.begin(), 1, Memory::kBytes);
  const TimePoint first = pages_.tick(now_, 1024 * kMiB);
  EXPECT_EQ(first, now_ + LargePages::kStep) << "the pieces are listed";
  EXPECT_EQ(pages_.tick(now_, 1024 * kMiB), first) << "not due";
  EXPECT_EQ(pages_.collapsed(), 0u);
  static_cast<void>(pages_.tick(first, 1024 * kMiB));
  EXPECT_LE(pages_.collapsed(), 1u);
}

TEST_F(LargePagesTest, LookAtNoMoreThanTheRegistryCanExplain) {
  Memory memory;
  std::memset(memory.begin(), 1, Memory::kBytes);
  int steps = 0;
  for (TimePoint next = pages_.tick(now_, LargePages::kRegistryMin); next - now_ < LargePages::kRound; ++steps) {
    now_ = next;
    next = pages_.tick(now_, LargePages::kRegistryMin);
    if (next == TimePoint::max()) break;
  }
  EXPECT_LE(static_cast<size_t>(steps), 2 * LargePages::kRegistryMin / LargePages::kPieceBytes);
}

}  // namespace
}  // namespace discovery::node
