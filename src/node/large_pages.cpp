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
    const uintptr_t piece = pieces_.back();
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
    unsigned long begin = 0;
    unsigned long end = 0;
    char access[5] = {};
    unsigned long file = 0;
    if (std::sscanf(line, "%lx-%lx %4s %*s %*s %lu", &begin, &end, access, &file) != 4) continue;
    if (file != 0 || std::strcmp(access, "rw-p") != 0 || end - begin < kMappingMin) continue;
    for (unsigned long piece = (begin + kPieceBytes - 1) / kPieceBytes * kPieceBytes; piece + kPieceBytes <= end;
         piece += kPieceBytes) {
      if (pieces_.size() == at_most) break;
      pieces_.push_back(piece);
    }
  }
  std::fclose(maps);
  std::reverse(pieces_.begin(), pieces_.end());  // taken from the back
}

// The mapping may be gone or another by now: neither call changes what is in memory, whoever owns it.
void LargePages::collapse(uintptr_t piece) {
  std::array<unsigned char, kPieceBytes / 4096> resident;
  void* const address = reinterpret_cast<void*>(piece);
  if (::mincore(address, kPieceBytes, resident.data()) != 0) return;
  const auto pages = std::count_if(resident.begin(), resident.end(), [](unsigned char r) { return (r & 1) != 0; });
  if (static_cast<size_t>(pages) < kResidentMin) return;
  if (::madvise(address, kPieceBytes, MADV_COLLAPSE) == 0) {
    ++collapsed_;
  } else if (errno == EINVAL) {
    usable_ = false;  // this kernel does not know it
    pieces_.clear();
  }
}

}  // namespace discovery::node
