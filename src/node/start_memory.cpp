#include "node/start_memory.h"

#include <malloc.h>
#include <sys/mman.h>

#include <cstddef>
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
    void* begin = nullptr;
    void* end = nullptr;
    char access[5] = {};
    if (std::sscanf(line, "%p-%p %4s", &begin, &end, access) != 3) continue;
    if (std::strcmp(access, "r-xp") != 0 || !std::strchr(line, '/')) continue;
    ::madvise(begin, static_cast<size_t>(static_cast<char*>(end) - static_cast<char*>(begin)), MADV_DONTNEED);
  }
  std::fclose(maps);
}

}  // namespace discovery::node
