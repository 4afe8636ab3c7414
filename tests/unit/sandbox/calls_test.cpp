#include "sandbox/calls.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace discovery::sandbox {
namespace {

TEST(Calls, StandInOneListOnly) {
  std::set<std::string_view> seen;
  for (const auto list : {allowed_calls(), refused_calls(), unknown_calls()}) {
    for (const std::string_view name : list) EXPECT_TRUE(seen.insert(name).second) << name;
  }
}

TEST(Calls, OfThoseThatReachOtherProcessesOrTheKernelNoneIsAllowed) {
  const auto allowed = allowed_calls();
  const std::set<std::string_view> all(allowed.begin(), allowed.end());
  for (const char* name : {"ptrace",
                           "process_vm_readv",
                           "process_vm_writev",
                           "mount",
                           "umount2",
                           "pivot_root",
                           "chroot",
                           "setns",
                           "unshare",
                           "bpf",
                           "perf_event_open",
                           "keyctl",
                           "add_key",
                           "init_module",
                           "finit_module",
                           "kexec_load",
                           "reboot",
                           "swapon",
                           "setuid",
                           "setgid",
                           "setresuid",
                           "userfaultfd",
                           "io_uring_setup",
                           "execveat",
                           "memfd_create",
                           "personality"}) {
    EXPECT_FALSE(all.contains(name)) << name;
  }
  // Those are allowed with some arguments only.
  for (const char* name : {"mmap", "mprotect", "socket", "clone", "clone3", "execve", "ioctl", "prctl", "prlimit64"}) {
    EXPECT_FALSE(all.contains(name)) << name;
  }
}

}  // namespace
}  // namespace discovery::sandbox
