#include "sandbox/elf_hardening.h"

#include <elf.h>

#include <cstring>
#include <optional>
#include <vector>

namespace discovery::sandbox {
namespace {

constexpr size_t kHeadersMax = 256;
constexpr size_t kDynamicMax = 4096;

Error damaged(const char* what) { return invalid(std::string("not an ELF file of 64 bits: ") + what); }

template <class T>
std::optional<T> at(std::string_view file, uint64_t offset) {
  if (offset > file.size() || file.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, file.data() + offset, sizeof(T));
  return value;
}

Result<std::vector<Elf64_Phdr>> segments_of(std::string_view file, const Elf64_Ehdr& head) {
  if (head.e_phnum > kHeadersMax || head.e_phentsize < sizeof(Elf64_Phdr)) return damaged("its segments");
  std::vector<Elf64_Phdr> all;
  for (uint64_t i = 0; i < head.e_phnum; ++i) {
    const auto segment = at<Elf64_Phdr>(file, head.e_phoff + i * head.e_phentsize);
    if (!segment) return damaged("its segments");
    all.push_back(*segment);
  }
  return all;
}

struct Dynamic {
  bool now = false;
  bool pie = false;
  uint64_t names = 0;  ///< address
  uint64_t names_size = 0;
};

Dynamic dynamic_of(std::string_view file, const Elf64_Phdr& segment) {
  Dynamic found;
  for (uint64_t i = 0; i < kDynamicMax && i < segment.p_filesz / sizeof(Elf64_Dyn); ++i) {
    const auto entry = at<Elf64_Dyn>(file, segment.p_offset + i * sizeof(Elf64_Dyn));
    if (!entry || entry->d_tag == DT_NULL) break;
    const uint64_t value = entry->d_un.d_val;
    if (entry->d_tag == DT_BIND_NOW) found.now = true;
    if (entry->d_tag == DT_FLAGS && (value & DF_BIND_NOW) != 0) found.now = true;
    if (entry->d_tag == DT_FLAGS_1) {
      found.now = found.now || (value & DF_1_NOW) != 0;
      found.pie = (value & DF_1_PIE) != 0;
    }
    if (entry->d_tag == DT_STRTAB) found.names = value;
    if (entry->d_tag == DT_STRSZ) found.names_size = value;
  }
  return found;
}

/// The names of what is taken from libraries.
std::string_view names_of(std::string_view file, const std::vector<Elf64_Phdr>& segments, const Dynamic& dynamic) {
  for (const Elf64_Phdr& s : segments) {
    if (s.p_type != PT_LOAD || dynamic.names < s.p_vaddr || dynamic.names - s.p_vaddr >= s.p_filesz) continue;
    const uint64_t offset = s.p_offset + (dynamic.names - s.p_vaddr);
    if (offset >= file.size()) break;
    return file.substr(offset, dynamic.names_size);
  }
  return {};
}

}  // namespace

Result<Hardening> read_hardening(std::string_view file) {
  const auto head = at<Elf64_Ehdr>(file, 0);
  if (!head || std::memcmp(head->e_ident, ELFMAG, SELFMAG) != 0) return damaged("no header");
  if (head->e_ident[EI_CLASS] != ELFCLASS64) return damaged("of another class");
  const auto segments = segments_of(file, *head);
  if (!segments) return segments.error();
  Hardening found;
  found.no_writable_code = true;
  for (const Elf64_Phdr& s : *segments) {
    if (s.p_type == PT_GNU_RELRO) found.relro = true;
    if (s.p_type == PT_GNU_STACK) found.stack_not_executable = (s.p_flags & PF_X) == 0;
    if (s.p_type == PT_LOAD && (s.p_flags & PF_W) != 0 && (s.p_flags & PF_X) != 0) found.no_writable_code = false;
    if (s.p_type != PT_DYNAMIC) continue;
    const Dynamic dynamic = dynamic_of(file, s);
    const std::string_view names = names_of(file, *segments, dynamic);
    found.position_independent = head->e_type == ET_DYN && dynamic.pie;
    found.bound_at_start = dynamic.now;
    found.stack_protector = names.find("__stack_chk_fail") != std::string_view::npos;
    found.fortified = names.find(std::string_view("_chk\0", 5)) != std::string_view::npos;
  }
  return found;
}

}  // namespace discovery::sandbox
