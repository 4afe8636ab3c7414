#include "node/posix_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace discovery::node {

using net::Descriptor;

namespace {

/// What errno says about `what`.
Error disk_error(std::string_view what) {
  const int error = errno;
  ErrorCode code = ErrorCode::kUnavailable;
  if (error == ENOENT) code = ErrorCode::kNotFound;
  if (error == EEXIST) code = ErrorCode::kConflict;
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) code = ErrorCode::kExhausted;
  return {code, std::string(what) + ": " + std::generic_category().message(error)};
}

Error bad_name() { return invalid("not a plain name"); }

int open_in(int folder, std::string_view name, int flags) {
  const std::string text(name);
  int fd = -1;
  do {
    fd = ::openat(folder, text.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, 0600);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

bool is_regular(int fd, struct stat& status) { return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode); }

class PosixFile final : public storage::DiskFile {
 public:
  PosixFile(Descriptor fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

  Result<void> append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd_.get(), bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return disk_error(name_);
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return {};
  }

  // Not repeated when it fails: the kernel reports a lost page once.
  Result<void> sync() override {
    if (::fsync(fd_.get()) != 0) return disk_error(name_);
    return {};
  }

 private:
  const Descriptor fd_;
  const std::string name_;
};

Result<Descriptor> open_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return disk_error(folder);
  Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return disk_error(folder);
  return fd;
}

Result<Descriptor> lock_folder(int folder, const std::string& name) {
  Descriptor fd(open_in(folder, PosixDisk::kLockName, O_RDWR | O_CREAT | O_NONBLOCK));
  struct stat status {};
  if (fd.get() < 0) return disk_error(name + "/lock");
  if (!is_regular(fd.get(), status)) return invalid(name + "/lock is no regular file");
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno != EWOULDBLOCK) return disk_error(name + "/lock");
  return Error{ErrorCode::kConflict, "data directory locked: " + name + " is in use by another process"};
}

}  // namespace

PosixDisk::PosixDisk(std::string name, Descriptor folder, Descriptor lock)
    : name_(std::move(name)), folder_(std::move(folder)), lock_(std::move(lock)) {}

Result<std::unique_ptr<PosixDisk>> PosixDisk::open(const std::string& folder) {
  auto fd = open_folder(folder);
  if (!fd) return fd.error();
  auto lock = lock_folder(fd->get(), folder);
  if (!lock) return lock.error();
  return std::unique_ptr<PosixDisk>(new PosixDisk(folder, std::move(*fd), std::move(*lock)));
}

Result<std::unique_ptr<PosixDisk>> PosixDisk::open_held(const std::string& folder) {
  auto fd = open_folder(folder);
  if (!fd) return fd.error();
  return std::unique_ptr<PosixDisk>(new PosixDisk(folder, std::move(*fd), Descriptor()));
}

// A lock belongs to what the descriptors of both processes share, so it is never free between them.
Result<void> PosixDisk::hold(int lock) {
  if (lock >= 0) {
    lock_ = Descriptor(lock);
    return {};
  }
  auto own = lock_folder(folder_.get(), name_);
  if (!own) return own.error();
  lock_ = std::move(*own);
  return {};
}

Result<std::unique_ptr<storage::DiskFile>> PosixDisk::create(std::string_view name) {
  if (!storage::is_plain_name(name)) return bad_name();
  Descriptor fd(open_in(folder_.get(), name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND));
  if (fd.get() < 0) return disk_error(name);
  return std::unique_ptr<storage::DiskFile>(std::make_unique<PosixFile>(std::move(fd), std::string(name)));
}

Result<void> PosixDisk::rename(std::string_view from, std::string_view to) {
  if (!storage::is_plain_name(from) || !storage::is_plain_name(to)) return bad_name();
  if (::renameat(folder_.get(), std::string(from).c_str(), folder_.get(), std::string(to).c_str()) != 0) {
    return disk_error(from);
  }
  return {};
}

Result<void> PosixDisk::remove(std::string_view name) {
  if (!storage::is_plain_name(name)) return bad_name();
  if (::unlinkat(folder_.get(), std::string(name).c_str(), 0) != 0) return disk_error(name);
  return {};
}

Result<void> PosixDisk::sync_folder() {
  if (::fsync(folder_.get()) != 0) return disk_error("data directory");
  return {};
}

Result<std::vector<std::string>> PosixDisk::list() {
  // A descriptor of its own: reading moves its position.
  const int own = ::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (own < 0) return disk_error("data directory");
  struct CloseDir {
    void operator()(DIR* dir) const { ::closedir(dir); }
  };
  const std::unique_ptr<DIR, CloseDir> dir(::fdopendir(own));
  if (!dir) {
    Error error = disk_error("data directory");
    ::close(own);
    return error;
  }
  std::vector<std::string> names;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): safe for different streams, and nobody else has this one
  for (errno = 0; const dirent* entry = ::readdir(dir.get()); errno = 0) {
    if (!storage::is_plain_name(entry->d_name)) continue;
    if (names.size() == kFilesMax) return Error{ErrorCode::kExhausted, "data directory: too many files"};
    names.emplace_back(entry->d_name);
  }
  if (errno != 0) return disk_error("data directory");
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::string> PosixDisk::read(std::string_view name, uint64_t offset, size_t bytes_max) {
  if (!storage::is_plain_name(name)) return bad_name();
  const Descriptor fd(open_in(folder_.get(), name, O_RDONLY | O_NONBLOCK));
  if (fd.get() < 0) return disk_error(name);
  struct stat status {};
  if (!is_regular(fd.get(), status)) return invalid(std::string(name) + ": not a regular file");
  const auto size = static_cast<uint64_t>(status.st_size);
  std::string bytes;
  if (offset >= size) return bytes;
  bytes.resize(static_cast<size_t>(std::min<uint64_t>(bytes_max, size - offset)));
  size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t n = ::pread(fd.get(), bytes.data() + got, bytes.size() - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return disk_error(name);
    if (n == 0) break;
    got += static_cast<size_t>(n);
  }
  bytes.resize(got);
  return bytes;
}

}  // namespace discovery::node
