#include "node/config_load.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "net/descriptor.h"
#include "node/config.h"

namespace discovery::node {
namespace {

constexpr std::string_view kFileName = "discovery.toml";

std::string reason(int number) { return std::generic_category().message(number); }

/// At most `bytes_max` bytes and one more, which tells that there are more.
Result<std::string> read_all(int fd, size_t bytes_max) {
  std::string text;
  size_t used = 0;
  while (used <= bytes_max) {
    text.resize(std::min(bytes_max + 1, used + 64 * 1024));
    const ssize_t got = ::read(fd, text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return invalid(reason(errno));
    if (got == 0) break;
    used += static_cast<size_t>(got);
  }
  text.resize(used);
  return text;
}

}  // namespace

Result<std::string> read_small_file(const std::string& path, size_t bytes_max) {
  // Not blocking: a named pipe without a writer must not stop the start.
  const net::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return invalid("cannot be read: " + reason(errno));
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return invalid("cannot be read: " + reason(errno));
  if (!S_ISREG(facts.st_mode)) return invalid("is no regular file");
  Result<std::string> text = read_all(file.get(), bytes_max);
  if (!text) return invalid("cannot be read: " + text.error().message);
  if (text->size() > bytes_max) return invalid("is larger than " + format_size(bytes_max));
  return text;
}

Result<ConfigPlace> load_config_file(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code problem;
  const fs::file_status status = fs::status(path, problem);
  if (!fs::exists(status)) return invalid(path + ": " + (problem ? problem.message() : reason(ENOENT)));
  ConfigPlace place;
  if (fs::is_directory(status)) {
    place.folder = path;
    place.file = (fs::path(path) / kFileName).string();
    if (!fs::exists(place.file, problem)) {
      return invalid(path + ": the folder holds no " + std::string(kFileName) + "; name the file itself, or create it");
    }
  } else {
    place.file = path;
    const fs::path folder = fs::path(path).parent_path();
    place.folder = folder.empty() ? "." : folder.string();
  }
  Result<std::string> text = read_small_file(place.file, kConfigBytesMax);
  if (!text) return invalid(place.file + ": " + text.error().message);
  place.text = std::move(*text);
  return place;
}

}  // namespace discovery::node
