#include "node/start_memory.h"

#include <malloc.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdio>
#include <cstring>

namespace discovery::node {

// Pages of files only that nobody can write into and nobody has: what is dropped is read again as it was. Read-only
// data into which relocations were written counts as anonymous, and is left alone.
void give_back_start_memory() {
  ::malloc_trim(0);
  std::FILE* mappings = std::fopen("/proc/self/smaps", "re");
  if (!mappings) return;
  char line[512];
  void* begin = nullptr;
  void* end = nullptr;
  bool of_file = false;  // and read-only
  while (std::fgets(line, sizeof line, mappings)) {
    void* first = nullptr;
    void* last = nullptr;
    char access[5] = {};
    long anonymous_kb = 0;
    if (std::sscanf(line, "%p-%p %4s", &first, &last, access) == 3) {
      begin = first;
      end = last;
      of_file = access[0] == 'r' && access[1] == '-' && std::strchr(line, '/');
    } else if (of_file && std::sscanf(line, "Anonymous: %ld kB", &anonymous_kb) == 1 && anonymous_kb == 0) {
      ::madvise(begin, static_cast<size_t>(static_cast<char*>(end) - static_cast<char*>(begin)), MADV_DONTNEED);
    }
  }
  std::fclose(mappings);
}

}  // namespace discovery::node
