#include "node/start_memory.h"

#include <malloc.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <unordered_map>

namespace discovery::node {

// Pages of files only that nobody can write into and nobody has: what is dropped is read again as it was. Text, and the
// tables of the dynamic linker, with which a file begins. Other read-only data is used while serving, and is left
// alone.
void give_back_start_memory() {
  // The C++ library looks up its own calls when they are first made. A hash table that grows is the one it makes while
  // serving; looked up now, the tables of all libraries are not needed again.
  std::unordered_map<int, int> grows;
  for (int i = 0; i < 100; ++i) grows.emplace(i, i);
  ::malloc_trim(0);
  std::FILE* mappings = std::fopen("/proc/self/smaps", "re");
  if (!mappings) return;
  char line[512];
  void* begin = nullptr;
  void* end = nullptr;
  bool start_only = false;
  while (std::fgets(line, sizeof line, mappings)) {
    void* first = nullptr;
    void* last = nullptr;
    char access[5] = {};
    unsigned long offset = 0;
    long anonymous_kb = 0;
    if (std::sscanf(line, "%p-%p %4s %lx", &first, &last, access, &offset) == 4) {
      begin = first;
      end = last;
      const bool text = std::strcmp(access, "r-xp") == 0;
      const bool tables = std::strcmp(access, "r--p") == 0 && offset == 0;
      start_only = (text || tables) && std::strchr(line, '/');
    } else if (start_only && std::sscanf(line, "Anonymous: %ld kB", &anonymous_kb) == 1 && anonymous_kb == 0) {
      ::madvise(begin, static_cast<size_t>(static_cast<char*>(end) - static_cast<char*>(begin)), MADV_DONTNEED);
    }
  }
  std::fclose(mappings);
}

}  // namespace discovery::node
