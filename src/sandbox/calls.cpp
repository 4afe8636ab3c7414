#include "sandbox/calls.h"

namespace discovery::sandbox {
namespace {

// clang-format off
constexpr std::string_view kAllowed[] = {
    // memory; mmap and mprotect: seccomp.cpp
    "brk", "madvise", "membarrier", "mincore", "mremap", "munmap",
    // threads and the end; clone: seccomp.cpp
    "arch_prctl", "exit", "exit_group", "futex", "get_robust_list", "getcpu", "gettid", "rseq", "sched_getaffinity",
    "sched_getparam", "sched_getscheduler", "sched_get_priority_max", "sched_get_priority_min", "sched_yield",
    "set_robust_list", "set_tid_address",
    "getpriority", "setpriority",  // threads that give way
    // signals, to itself, and to a program it started
    "kill", "pause", "restart_syscall", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo",
    "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "rt_tgsigqueueinfo", "sigaltstack", "signalfd4", "tgkill", "tkill",
    "pidfd_open", "pidfd_send_signal", "wait4", "waitid",
    // time
    "clock_getres", "clock_gettime", "clock_nanosleep", "gettimeofday", "nanosleep", "time", "timerfd_create",
    "timerfd_gettime", "timerfd_settime", "times",
    // files; which ones, Landlock says
    "access", "close", "close_range", "copy_file_range", "dup", "dup2", "dup3", "faccessat", "faccessat2", "fadvise64",
    "fallocate", "fcntl", "fdatasync", "flock", "fstat", "fstatfs", "fsync", "ftruncate", "getcwd", "getdents",
    "getdents64", "lseek", "lstat", "mkdir", "mkdirat", "newfstatat", "open", "openat", "openat2", "pipe", "pipe2",
    "pread64", "preadv", "preadv2", "pwrite64", "pwritev", "pwritev2", "read", "readlink", "readlinkat", "readv", "rename",
    "renameat", "renameat2", "sendfile", "splice", "stat", "statfs", "statx", "sync_file_range", "umask", "unlink",
    "unlinkat", "write", "writev",
    // sockets; socket: seccomp.cpp
    "accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen", "recvfrom", "recvmmsg",
    "recvmsg", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown", "socketpair",
    // waiting for events
    "epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd", "eventfd2",
    "poll", "ppoll", "pselect6", "select",
    // what the process is and has
    "capget", "getegid", "geteuid", "getgid", "getgroups", "getpgid", "getpgrp", "getpid", "getppid", "getrandom",
    "getresgid", "getresuid", "getrlimit", "getrusage", "getsid", "getuid", "setrlimit", "setsid", "sysinfo", "uname",
    // what only takes away: a newer daemon, started by this one, closes its own sandbox
    "capset", "landlock_add_rule", "landlock_create_ruleset", "landlock_restrict_self", "seccomp",
};

constexpr std::string_view kRefused[] = {
    "chmod", "chown", "fchmod", "fchmodat", "fchown", "fchownat", "lchown", "link", "linkat", "symlink", "symlinkat",
    "rmdir", "truncate", "utime", "utimensat", "utimes", "futimesat",
    "fgetxattr", "flistxattr", "getxattr", "lgetxattr", "listxattr", "llistxattr",
    "get_mempolicy", "mbind", "set_mempolicy", "memfd_create", "mlock", "mlock2", "mlockall", "munlock", "msync",
    "sched_getattr", "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler", "ioprio_set", "setpgid",
    "inotify_add_watch", "inotify_init", "inotify_init1", "sync", "syncfs", "getitimer", "setitimer", "alarm",
};

constexpr std::string_view kUnknown[] = {
    "clone3",          // glibc then makes threads by clone
    "io_uring_setup",  // Asio and others then use epoll
};
// clang-format on

}  // namespace

std::span<const std::string_view> allowed_calls() { return kAllowed; }
std::span<const std::string_view> refused_calls() { return kRefused; }
std::span<const std::string_view> unknown_calls() { return kUnknown; }

}  // namespace discovery::sandbox
