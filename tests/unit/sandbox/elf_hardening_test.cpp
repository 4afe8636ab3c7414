#include "sandbox/elf_hardening.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

namespace discovery::sandbox {
namespace {

std::string own_file() {
  std::ifstream file("/proc/self/exe", std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Elf64_Ehdr head_of(const std::string& file) {
  Elf64_Ehdr head;
  std::memcpy(&head, file.data(), sizeof head);
  return head;
}

/// The file with each segment header changed.
template <class Change>
std::string with_segments(std::string file, Change change) {
  const Elf64_Ehdr head = head_of(file);
  for (size_t i = 0; i < head.e_phnum; ++i) {
    char* const at = file.data() + head.e_phoff + i * head.e_phentsize;
    Elf64_Phdr segment;
    std::memcpy(&segment, at, sizeof segment);
    change(segment);
    std::memcpy(at, &segment, sizeof segment);
  }
  return file;
}

TEST(ElfHardening, FindsWhatThisProgramWasLinkedWith) {
  const auto found = read_hardening(own_file());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_TRUE(found->position_independent);
  EXPECT_TRUE(found->stack_not_executable);
  EXPECT_TRUE(found->no_writable_code);
}

TEST(ElfHardening, SeesWhatIsMissing) {
  const auto soft = read_hardening(with_segments(own_file(), [](Elf64_Phdr& s) {
    if (s.p_type == PT_GNU_RELRO) s.p_type = PT_NOTE;
    if (s.p_type == PT_GNU_STACK) s.p_flags |= PF_X;
    if (s.p_type == PT_LOAD) s.p_flags |= PF_W;
    if (s.p_type == PT_DYNAMIC) s.p_type = PT_NOTE;
  }));
  ASSERT_TRUE(soft);
  EXPECT_FALSE(soft->position_independent);
  EXPECT_FALSE(soft->relro);
  EXPECT_FALSE(soft->bound_at_start);
  EXPECT_FALSE(soft->stack_not_executable);
  EXPECT_FALSE(soft->no_writable_code);
  EXPECT_FALSE(soft->stack_protector);
  EXPECT_FALSE(soft->fortified);
}

TEST(ElfHardening, RefusesWhatIsNoProgram) {
  EXPECT_FALSE(read_hardening(""));
  EXPECT_FALSE(read_hardening("#!/bin/sh\n" + std::string(100, ' ')));
  std::string other = own_file();
  other[EI_CLASS] = ELFCLASS32;
  EXPECT_FALSE(read_hardening(other));
  EXPECT_FALSE(read_hardening(own_file().substr(0, sizeof(Elf64_Ehdr)))) << "its segments are missing";
}

TEST(ElfHardening, ReadsNothingOutsideOfTheFile) {
  const std::string file = own_file();
  for (size_t cut = sizeof(Elf64_Ehdr); cut < 4096; cut += 7) {
    static_cast<void>(read_hardening(std::string_view(file).substr(0, cut)));
  }
  static_cast<void>(read_hardening(with_segments(file, [](Elf64_Phdr& s) {
    s.p_offset = UINT64_MAX - 8;
    s.p_filesz = UINT64_MAX;
  })));
}

}  // namespace
}  // namespace discovery::sandbox
