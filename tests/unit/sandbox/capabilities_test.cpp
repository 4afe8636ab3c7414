#include "sandbox/capabilities.h"

#include <gtest/gtest.h>

#include <string>

namespace discovery::sandbox {
namespace {

constexpr const char* kStatus =
    "Name:\tdiscoveryd\nThreads:\t1\nCapInh:\t0000000000000001\nCapPrm:\t0000000000000400\nCapEff:\t0000000000000002\n"
    "CapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000008\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t3\n";

TEST(ThreadStatus, ReadsTheLinesOfTheKernel) {
  const auto status = parse_thread_status(kStatus);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->inheritable, 1U);
  EXPECT_EQ(status->permitted, 0x400U);
  EXPECT_EQ(status->effective, 2U);
  EXPECT_EQ(status->bounding, 0x1ffffffffffU);
  EXPECT_EQ(status->ambient, 8U);
  EXPECT_TRUE(status->no_new_privs);
  EXPECT_EQ(status->seccomp_mode, 2);
}

TEST(ThreadStatus, TakesNothingElse) {
  EXPECT_FALSE(parse_thread_status(""));
  EXPECT_FALSE(parse_thread_status("CapEff\nCapEff:\n"));
  std::string text = kStatus;
  text.replace(text.find("0000000000000400"), 16, "zzzzzzzzzzzzzzzz");
  EXPECT_FALSE(parse_thread_status(text));
  EXPECT_FALSE(parse_thread_status(std::string(kStatus).substr(0, 120))) << "lines are missing";
}

TEST(ThreadStatus, OfThisThreadIsThere) { EXPECT_TRUE(read_thread_status()); }

}  // namespace
}  // namespace discovery::sandbox
