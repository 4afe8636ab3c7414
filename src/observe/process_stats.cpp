#include "observe/process_stats.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace discovery::observe {
namespace {

constexpr size_t kFileBytesMax = 1 << 20;  ///< /proc/stat grows with the processors
constexpr uint64_t kTableMax = 1 << 24;    ///< descriptors looked at

/// "" when it cannot be read.
std::string read_file(const char* path) {
  std::string text;
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  std::array<char, 4096> buffer;
  while (text.size() < kFileBytesMax) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n <= 0) break;
    text.append(buffer.data(), static_cast<size_t>(n));
  }
  ::close(fd);
  return text;
}

std::optional<uint64_t> parse_number(std::string_view text) {
  uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return n;
}

std::optional<uint64_t> open_descriptors() {
  struct stat st {};
  if (::stat("/proc/self/fd", &st) == 0 && st.st_size > 0) return static_cast<uint64_t>(st.st_size);
  const auto table = number_after(read_file("/proc/self/status"), "FDSize:");
  return table ? count_descriptors(*table) : std::nullopt;
}

}  // namespace

std::optional<ProcStat> parse_proc_stat(std::string_view text) {
  // The second field is a name in brackets that may hold anything, blanks and brackets too.
  const size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(name_end + 1);
  constexpr size_t kFirst = 3, kUser = 14, kSystem = 15, kStart = 22, kVirtual = 23, kResident = 24;
  std::array<uint64_t, kResident + 1> fields{};
  for (size_t i = kFirst; i <= kResident; ++i) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const std::string_view word = text.substr(0, text.find_first_of(" \n"));
    const auto n = parse_number(word);
    const bool wanted = i == kUser || i == kSystem || i >= kStart;
    if (word.empty() || (wanted && !n)) return std::nullopt;
    fields[i] = n.value_or(0);  // the others may be letters or negative
    text.remove_prefix(word.size());
  }
  return ProcStat{fields[kUser] + fields[kSystem], fields[kStart], fields[kVirtual], fields[kResident]};
}

std::optional<uint64_t> number_after(std::string_view text, std::string_view word) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.starts_with(word)) continue;
    line.remove_prefix(word.size());
    const size_t digits = line.find_first_not_of(" \t");
    if (digits == 0 || digits == std::string_view::npos) continue;  // a longer word, or nothing
    return parse_number(line.substr(digits));
  }
  return std::nullopt;
}

std::optional<uint64_t> count_descriptors(uint64_t table_size) {
  std::array<pollfd, 256> slots;  // poll() takes no more than the soft limit of descriptors
  uint64_t open = 0;
  const uint64_t end = std::min(table_size, kTableMax);
  for (uint64_t next = 0; next < end;) {
    size_t n = 0;
    for (; n < slots.size() && next < end; ++n, ++next) slots[n] = {static_cast<int>(next), 0, 0};
    if (::poll(slots.data(), n, 0) < 0) return std::nullopt;
    for (size_t i = 0; i < n; ++i) open += (slots[i].revents & POLLNVAL) == 0 ? 1U : 0U;
  }
  return open;
}

ProcessStats::ProcessStats()
    : boot_seconds_(number_after(read_file("/proc/stat"), "btime").value_or(0)),
      ticks_per_second_(static_cast<double>(::sysconf(_SC_CLK_TCK))),
      page_bytes_(static_cast<double>(::sysconf(_SC_PAGESIZE))) {}

void ProcessStats::collect(FamilySink& sink) const {
  if (const auto stat = parse_proc_stat(read_file("/proc/self/stat"))) {
    sink.add(metric::kProcessCpu, {}, static_cast<double>(stat->cpu_ticks) / ticks_per_second_);
    sink.add(metric::kProcessResident, {}, static_cast<double>(stat->resident_pages) * page_bytes_);
    sink.add(metric::kProcessVirtual, {}, static_cast<double>(stat->virtual_bytes));
    if (boot_seconds_ != 0) {
      const double after_boot = static_cast<double>(stat->start_ticks) / ticks_per_second_;
      sink.add(metric::kProcessStart, {}, static_cast<double>(boot_seconds_) + after_boot);
    }
  }
  if (const auto open = open_descriptors()) sink.add(metric::kProcessOpenFds, {}, static_cast<double>(*open));
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    sink.add(metric::kProcessMaxFds, {}, static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace discovery::observe
