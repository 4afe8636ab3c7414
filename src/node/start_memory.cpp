#include "node/start_memory.h"

#include <malloc.h>
#include <sys/mman.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace discovery::node {

// Text of files only: nobody writes into that of a position-independent program, so what is dropped is read again as it
// was. Read-only data is left alone, relocations have been written into it.
void give_back_start_memory() {
  ::malloc_trim(0);
  std::FILE* maps = std::fopen("/proc/self/maps", "re");
  if (!maps) return;
  char line[512];
  while (std::fgets(line, sizeof line, maps)) {
    uintptr_t begin = 0;
    uintptr_t end = 0;
    char access[5] = {};
    if (std::sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &begin, &end, access) != 3) continue;
    if (std::strcmp(access, "r-xp") != 0 || !std::strchr(line, '/')) continue;
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  std::fclose(maps);
}

}  // namespace discovery::node
