#include "node/scheduler_files.h"

#include <dirent.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include "base/siphash.h"
#include "codec/text.h"
#include "node/config_load.h"
#include "node/config_value.h"

namespace discovery::node {
namespace {

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

bool is_scheduler_name(std::string_view name) { return name.ends_with(".json") && !name.starts_with('.'); }

/// The first kSchedulerFilesMax names in their order; `dropped` counts the others.
struct Names {
  std::set<std::string> kept;
  size_t dropped = 0;

  void add(std::string name) {
    kept.insert(std::move(name));
    if (kept.size() <= kSchedulerFilesMax) return;
    kept.erase(std::prev(kept.end()));
    ++dropped;
  }
};

template <class F>
Result<void> for_each_name(const std::string& folder, F f) {
  const std::unique_ptr<DIR, CloseDir> dir(::opendir(folder.c_str()));
  if (dir == nullptr) return invalid(folder + ": " + std::generic_category().message(errno));
  // readdir() is safe as long as each thread has its own DIR.
  while (const dirent* entry = ::readdir(dir.get())) {  // NOLINT(concurrency-mt-unsafe)
    if (is_scheduler_name(entry->d_name)) f(std::string(entry->d_name));
  }
  return {};
}

uint64_t file_fingerprint(const std::string& folder, const std::string& name) {
  struct stat facts {};
  if (::stat((folder + "/" + name).c_str(), &facts) != 0) facts = {};
  // The change time too: a tool may set back the modification time.
  const std::array<int64_t, 7> numbers{static_cast<int64_t>(facts.st_ino),
                                       static_cast<int64_t>(facts.st_dev),
                                       static_cast<int64_t>(facts.st_size),
                                       facts.st_mtim.tv_sec,
                                       facts.st_mtim.tv_nsec,
                                       facts.st_ctim.tv_sec,
                                       facts.st_ctim.tv_nsec};
  std::string text = name;
  text.push_back('\0');
  text.append(reinterpret_cast<const char*>(numbers.data()), sizeof numbers);
  return siphash({}, text);
}

struct Parsed {
  std::string name;
  SchedulerFile file;
};

/// Keeps the last of each (app_id, env).
void keep_last(std::vector<Parsed> parsed, SchedulerFolder& result) {
  std::map<std::pair<std::string, std::string>, const std::string*> last;
  for (const Parsed& p : parsed) last[{p.file.app_id, p.file.env}] = &p.name;
  for (Parsed& p : parsed) {
    const std::string& winner = *last[{p.file.app_id, p.file.env}];
    if (winner == p.name) {
      result.files.push_back(std::move(p.file));
    } else {
      result.skipped.push_back({p.name, codec::printable(winner) + " is for the same app_id and env, and counts"});
    }
  }
}

}  // namespace

Result<uint64_t> scheduler_dir_fingerprint(const std::string& folder) {
  uint64_t sum = 0;  // the order of a folder means nothing
  const Result<void> read =
      for_each_name(folder, [&](const std::string& name) { sum += file_fingerprint(folder, name); });
  if (!read) return read.error();
  return sum;
}

Result<SchedulerFolder> load_scheduler_dir(const std::string& folder) {
  SchedulerFolder result;
  const Result<uint64_t> fingerprint = scheduler_dir_fingerprint(folder);
  if (!fingerprint) return fingerprint.error();
  result.fingerprint = *fingerprint;
  Names names;
  if (Result<void> read = for_each_name(folder, [&](std::string name) { names.add(std::move(name)); }); !read) {
    return read.error();
  }
  std::vector<Parsed> parsed;
  size_t bytes = 0;
  const std::filesystem::path base(folder);
  for (const std::string& name : names.kept) {
    const Result<std::string> text = read_small_file((base / name).string(), kSchedulerFileBytesMax);
    if (!text) {
      result.skipped.push_back({name, text.error().message});
      continue;
    }
    bytes += text->size();
    if (bytes > kSchedulerBytesMax) {
      result.skipped.push_back({name, "all scheduler files together are larger than " +
                                          format_size(kSchedulerBytesMax) + "; this one and those after it"});
      break;
    }
    Result<SchedulerFile> file = parse_scheduler(*text);
    if (file) {
      parsed.push_back({name, std::move(*file)});
    } else {
      result.skipped.push_back({name, file.error().message});
    }
  }
  if (names.dropped > 0) {
    result.skipped.push_back({"*.json", "more than " + std::to_string(kSchedulerFilesMax) + " files; the last " +
                                            std::to_string(names.dropped) + " by name"});
  }
  keep_last(std::move(parsed), result);
  return result;
}

}  // namespace discovery::node
