#include "node/large_pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25  // Linux 6.1; the C library of Debian 12 does not name it
#endif

namespace discovery::node {

namespace {

/// Whether the administrator lets programs ask for huge pages.
bool allowed() {
  std::FILE* file = std::fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
  if (!file) return false;
  char line[128] = {};
  const bool read = std::fgets(line, sizeof line, file) != nullptr;
  std::fclose(file);
  return read && !std::strstr(line, "[never]");
}

}  // namespace

LargePages::LargePages() : usable_(::sysconf(_SC_PAGESIZE) == 4096 && allowed()) {}

TimePoint LargePages::tick(TimePoint now, size_t registry_bytes) {
  if (!usable_) return TimePoint::max();
  if (now < next_) return next_;
  if (pieces_.empty()) {
    if (registry_bytes >= kRegistryMin) list_pieces(registry_bytes * 2 / kPieceBytes);
  } else {
    char* const piece = pieces_.back();
    pieces_.pop_back();
    collapse(piece);
  }
  return next_ = now + (pieces_.empty() ? kRound : kStep);
}

void LargePages::list_pieces(size_t at_most) {
  std::FILE* maps = std::fopen("/proc/self/maps", "re");
  if (!maps) return;
  char line[512];
  while (std::fgets(line, sizeof line, maps)) {
    void* first = nullptr;
    void* last = nullptr;
    char access[5] = {};
    unsigned long file = 0;
    if (std::sscanf(line, "%p-%p %4s %*s %*s %lu", &first, &last, access, &file) != 4) continue;
    char* const begin = static_cast<char*>(first);
    char* const end = static_cast<char*>(last);
    const auto bytes = static_cast<size_t>(end - begin);
    if (file != 0 || std::strcmp(access, "rw-p") != 0 || bytes < kMappingMin || bytes > kMappingMax) continue;
    const size_t past = reinterpret_cast<uintptr_t>(begin) % kPieceBytes;
    for (size_t at = past == 0 ? 0 : kPieceBytes - past; at + kPieceBytes <= bytes; at += kPieceBytes) {
      if (pieces_.size() == at_most) break;
      pieces_.push_back(begin + at);
    }
  }
  std::fclose(maps);
  std::reverse(pieces_.begin(), pieces_.end());  // taken from the back
}

// The mapping may be gone or another by now: neither call changes what is in memory, whoever owns it.
void LargePages::collapse(char* piece) {
  std::array<unsigned char, kPieceBytes / 4096> resident;
  if (::mincore(piece, kPieceBytes, resident.data()) != 0) return;
  const auto pages = std::count_if(resident.begin(), resident.end(), [](unsigned char r) { return (r & 1) != 0; });
  if (static_cast<size_t>(pages) < kResidentMin) return;
  if (::madvise(piece, kPieceBytes, MADV_COLLAPSE) == 0) {
    ++collapsed_;
  } else if (errno == EINVAL && collapsed_ == 0 && ++refused_ == kRefusedMax) {
    usable_ = false;  // not this piece, but this kernel: it does not know it
    pieces_.clear();
  }
}

}  // namespace discovery::node
