#include "observe/process_stats.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "unit/observe/metrics_text.h"

namespace discovery::observe {
namespace {

std::string stat_line(const std::string& name) {
  return "42 (" + name +
         ") S 1 42 42 0 -1 4194560 100 0 0 0 7 5 0 0 20 0 3 0 8000 1048576 256 18446744073709551615 1\n";
}

TEST(ProcessStats, ReadsTheLineOfTheKernel) {
  const auto s = parse_proc_stat(stat_line("discoveryd"));
  ASSERT_TRUE(s);
  EXPECT_EQ(s->cpu_ticks, 12U);
  EXPECT_EQ(s->start_ticks, 8000U);
  EXPECT_EQ(s->virtual_bytes, 1048576U);
  EXPECT_EQ(s->resident_pages, 256U);
}

TEST(ProcessStats, AProcessMayHaveAnyName) {
  for (const char* name : {"a b", "a) S 9 9 9", "((", "\n", ""}) {
    const auto s = parse_proc_stat(stat_line(name));
    ASSERT_TRUE(s) << name;
    EXPECT_EQ(s->cpu_ticks, 12U);
  }
}

TEST(ProcessStats, RefusesOtherText) {
  const std::string whole = stat_line("d");
  for (const std::string& text : {std::string(), std::string("garbage"), std::string(")"), std::string("1 (d) "),
                                  std::string(1000, ' '), std::string("1 (d) ") + std::string(1000, 'x')}) {
    EXPECT_FALSE(parse_proc_stat(text)) << text;
  }
  const size_t last_wanted = whole.find(" 256 ");
  for (size_t n = 0; n <= last_wanted; ++n) EXPECT_FALSE(parse_proc_stat(whole.substr(0, n))) << n;
  EXPECT_FALSE(parse_proc_stat("1 (d) S 1 1 1 1 1 1 1 1 1 1 x 5 0 0 20 0 3 0 8000 1 2 3"));
  EXPECT_FALSE(parse_proc_stat("1 (d) S 1 1 1 1 1 1 1 1 1 1 -7 5 0 0 20 0 3 0 8000 1 2 3"));
  EXPECT_FALSE(parse_proc_stat("1 (d) S 1 1 1 1 1 1 1 1 1 1 99999999999999999999 5 0 0 20 0 3 0 8000 1 2 3"));
}

TEST(ProcessStats, FindsANumberByItsWord) {
  const std::string_view text = "cpu 1 2\nbtimes 3\nbtime 1700000000\nFDSize:\t256\nempty:\nword: x";
  EXPECT_EQ(number_after(text, "btime"), 1700000000U);
  EXPECT_EQ(number_after(text, "FDSize:"), 256U);
  EXPECT_EQ(number_after(text, "empty:"), std::nullopt);
  EXPECT_EQ(number_after(text, "word:"), std::nullopt);
  EXPECT_EQ(number_after(text, "absent"), std::nullopt);
  EXPECT_EQ(number_after("", "btime"), std::nullopt);
  EXPECT_EQ(number_after("btime", "btime"), std::nullopt);
}

TEST(ProcessStats, CountsDescriptorsBothWays) {
  const uint64_t before = count_descriptors(1024).value();
  std::vector<int> open;
  for (int i = 0; i < 300; ++i) open.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  for (const int fd : open) ASSERT_GE(fd, 0);
  EXPECT_EQ(count_descriptors(1024), before + 300);
  Exposition out;
  ProcessStats().collect(out);
  EXPECT_EQ(testing::parse_metrics(out.text()).at("process_open_fds").value({}),
            static_cast<double>(count_descriptors(1024).value()));
  for (const int fd : open) ::close(fd);
  EXPECT_EQ(count_descriptors(1024), before);
  EXPECT_EQ(count_descriptors(0), 0U);
}

TEST(ProcessStats, TellsOfThisProcess) {
  Exposition out;
  ProcessStats().collect(out);
  const auto f = testing::parse_metrics(out.text());
  EXPECT_GE(f.at("process_cpu_seconds_total").value({}), 0);
  EXPECT_GT(f.at("process_resident_memory_bytes").value({}), 1e5);
  EXPECT_GT(f.at("process_virtual_memory_bytes").value({}), f.at("process_resident_memory_bytes").value({}));
  EXPECT_GT(f.at("process_open_fds").value({}), 2);
  EXPECT_GE(f.at("process_max_fds").value({}), f.at("process_open_fds").value({}));
  EXPECT_GT(f.at("process_start_time_seconds").value({}), 1.5e9);  // after 2017: no value of boot time alone
}

}  // namespace
}  // namespace discovery::observe
