// process_* metrics of this process, read from /proc at scrape.
//
// Errors: what cannot be read (no /proc, no descriptor left) is left out. Cost: about 10 us. Counting descriptors: one
// stat() since Linux 6.2; before it poll() over the whole table, about 0.02 ms per thousand descriptors (listing
// /proc/self/fd takes 3 ms per thousand and would stall a reactor).
// Thread: any, after construction. Source: proc(5).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "observe/exposition.h"

namespace discovery::observe {

struct ProcStat {
  uint64_t cpu_ticks = 0;    ///< user and system
  uint64_t start_ticks = 0;  ///< after boot
  uint64_t virtual_bytes = 0;
  uint64_t resident_pages = 0;
};

/// The text of /proc/PID/stat; none when it has another shape.
[[nodiscard]] std::optional<ProcStat> parse_proc_stat(std::string_view text);
/// The number after a word at the beginning of a line: "btime" of /proc/stat, "FDSize:" of /proc/self/status.
[[nodiscard]] std::optional<uint64_t> number_after(std::string_view text, std::string_view word);
/// Descriptors below `table_size` that are open.
[[nodiscard]] std::optional<uint64_t> count_descriptors(uint64_t table_size);

class ProcessStats {
 public:
  ProcessStats();
  void collect(FamilySink& sink) const;

 private:
  uint64_t boot_seconds_ = 0;  ///< Unix time, 0 unknown
  double ticks_per_second_;
  double page_bytes_;
};

}  // namespace discovery::observe
