// Scheduler files: for the clients of a zone, the share of traffic that each destination zone of an application gets.
//
//   {"app_id":"shop.cart","env":"dev","clients":{"zone-a":{"zones":{"zone-a":{"weight":3},"zone-b":{"weight":1}}}},"remark":"text"}
//
// Thread: any; nothing is kept. Limits: kSchedulerFileBytesMax per file, kSchedulerFilesMax files and
// kSchedulerBytesMax in all, nesting as JsonReader. Errors: kInvalidArgument; a bad file is skipped and told, never
// fatal. Source: discovery-api.md 11.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace discovery::node {

inline constexpr size_t kSchedulerFileBytesMax = 1024 * 1024;
inline constexpr size_t kSchedulerFilesMax = 10'000;
inline constexpr size_t kSchedulerBytesMax = 64 * 1024 * 1024;

struct SchedulerFile {
  std::string app_id;
  std::string env;
  std::string clients_json;  ///< as it stands in answers: {"clients":{...},"remark":""}, names sorted, no blanks
};

/// app_id, env: text of 1 to 1,024 bytes. clients: zone -> {"zones": zone -> {"weight": whole number from 0 to
/// 2^63 - 1}}. remark: text, or not there. Other members are ignored; of a name that stands there twice the last
/// counts.
[[nodiscard]] Result<SchedulerFile> parse_scheduler(std::string_view json);

struct SkippedFile {
  std::string name;    ///< within the folder
  std::string reason;  ///< for the log; printable
};

struct SchedulerFolder {
  std::vector<SchedulerFile> files;  ///< each (app_id, env) once; ordered by file name
  std::vector<SkippedFile> skipped;
  uint64_t fingerprint = 0;  ///< taken before the files were read: a change meanwhile shows at the next comparison
};

/// The files *.json of the folder, but for those whose name begins with a dot. Of two files for one (app_id, env) the
/// later by name counts. Error: the folder cannot be read; the caller keeps what it has.
[[nodiscard]] Result<SchedulerFolder> load_scheduler_dir(const std::string& folder);

/// Changes when one of these files is added, removed, replaced, renamed or written to. Cost: one stat per file.
[[nodiscard]] Result<uint64_t> scheduler_dir_fingerprint(const std::string& folder);

}  // namespace discovery::node
