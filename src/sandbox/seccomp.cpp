#include "sandbox/seccomp.h"

#include "sandbox/calls.h"

#ifndef DISCOVERY_SANITIZED
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#endif

namespace discovery::sandbox {

#ifdef DISCOVERY_SANITIZED

Result<size_t> confine_calls(const CallRules& /*rules*/) {
  return Error{ErrorCode::kUnavailable, "this program is built with sanitizers, which a filter would break"};
}

#else

namespace {

constexpr uint64_t kInt = 0xffffffff;  // the kernel reads no more of an argument that is an int
constexpr uint64_t kNewNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
// What strace makes of a call that it lets fail; the kernel does nothing for it.
constexpr int kSkipped = -1;
constexpr uint64_t kSocketTypes = 0xf;     // without SOCK_CLOEXEC and SOCK_NONBLOCK
constexpr unsigned kVmaName = 0x53564d41;  // PR_SET_VMA

constexpr int kPrctls[] = {PR_CAPBSET_DROP,     PR_CAPBSET_READ,  PR_CAP_AMBIENT, PR_GET_DUMPABLE, PR_GET_NAME,
                           PR_GET_NO_NEW_PRIVS, PR_GET_PDEATHSIG, PR_GET_SECCOMP, PR_SET_DUMPABLE, PR_SET_NAME,
                           PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG, kVmaName};
// Not those that type into a terminal or take one over.
constexpr unsigned kIoctls[] = {FIOASYNC,     FIOCLEX,      FIONBIO,    FIONCLEX,    FIONREAD,
                                TCGETS,       TIOCGWINSZ,   SIOCATMARK, SIOCGIFADDR, SIOCGIFCONF,
                                SIOCGIFFLAGS, SIOCGIFINDEX, SIOCGIFNAME};

struct Release {
  void operator()(void* filter) const { seccomp_release(filter); }
};

uint32_t action_of(Violation violation) {
  return violation == Violation::kKill ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM);
}

/// Rules are added until one fails.
class Filter {
 public:
  explicit Filter(Violation violation)
      : default_errno_(violation == Violation::kErrno ? EPERM : 0), filter_(seccomp_init(action_of(violation))) {
    if (!filter_) problem_ = -ENOMEM;
    set(SCMP_FLTATR_CTL_TSYNC, 1);
    set(SCMP_FLTATR_API_TSKIP, 1);
    set(SCMP_FLTATR_CTL_OPTIMIZE, 2);  // a tree: what is not in the kernel's table takes seven steps, not a hundred
    set(SCMP_FLTATR_API_SYSRAWRC, 1);
    // Older kernels would slow every load from memory, a measure for programs that run other people's code.
    set(SCMP_FLTATR_CTL_SSB, 1);
    set(SCMP_FLTATR_ACT_BADARCH, action_of(violation));
  }

  /// Where all `conditions` hold.
  template <class... Conditions>
  void allow(std::string_view name, Conditions... conditions) {
    const int number = resolve(name);
    if (number < 0) return;
    ++allowed_;
    also_allow(number, conditions...);
  }
  template <class... Conditions>
  void also_allow(int number, Conditions... conditions) {
    note(seccomp_rule_add(filter_.get(), SCMP_ACT_ALLOW, number, sizeof...(conditions), conditions...));
  }
  void fail(std::string_view name, int with) {
    const int number = resolve(name);
    if (with == default_errno_) return;  // as every call that no rule names; a rule of its own would be an error
    if (number >= 0) note(seccomp_rule_add(filter_.get(), SCMP_ACT_ERRNO(static_cast<uint32_t>(with)), number, 0));
  }

  [[nodiscard]] int resolve(std::string_view name) const {
    return seccomp_syscall_resolve_name(std::string(name).c_str());
  }
  void count() { ++allowed_; }

  Result<size_t> load() {
    if (problem_ == 0) note(seccomp_load(filter_.get()));
    if (problem_ == 0) return allowed_;
    return Error{ErrorCode::kUnavailable, "seccomp: " + std::generic_category().message(-problem_)};
  }

 private:
  void set(scmp_filter_attr attribute, uint32_t value) {
    // What an older kernel or library does not know is done without.
    if (filter_) static_cast<void>(seccomp_attr_set(filter_.get(), attribute, value));
  }
  void note(int result) {
    if (problem_ == 0 && result < 0) problem_ = result;
  }

  const int default_errno_;
  std::unique_ptr<void, Release> filter_;
  size_t allowed_ = 0;
  int problem_ = 0;
};

scmp_arg_cmp bits(unsigned argument, uint64_t mask, uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

constexpr uint64_t kFamilies[] = {AF_INET, AF_INET6};
constexpr uint64_t kTypes[] = {SOCK_STREAM, SOCK_DGRAM};
constexpr uint64_t kExecutable = PROT_EXEC;
constexpr uint64_t kWritableCode = PROT_WRITE | PROT_EXEC;

void allow_memory(Filter& filter) {
  // Never writable and executable at once, and nothing that was written becomes executable.
  filter.allow("mmap", bits(2, kExecutable, 0));
  filter.also_allow(filter.resolve("mmap"), bits(2, kWritableCode, kExecutable));
  filter.allow("mprotect", bits(2, kExecutable, 0));
}

void allow_sockets(Filter& filter) {
  const int number = filter.resolve("socket");
  filter.allow("socket", bits(0, kInt, AF_UNIX));
  for (const uint64_t family : kFamilies) {
    for (const uint64_t type : kTypes) {
      filter.also_allow(number, bits(0, kInt, family), bits(1, kSocketTypes, type));
    }
  }
  filter.also_allow(number, bits(0, kInt, AF_NETLINK),
                    bits(2, kInt, 0));  // routes: getaddrinfo asks for the own addresses
}

void allow_processes(Filter& filter, bool may_execute) {
  filter.allow("clone", bits(0, kNewNamespaces, 0));
  filter.allow("prlimit64", bits(0, kInt, 0));  // its own
  if (may_execute) filter.allow("execve");
}

template <class T, size_t N>
void allow_values(Filter& filter, std::string_view name, unsigned argument, const T (&values)[N]) {
  const int number = filter.resolve(name);
  filter.count();
  for (const T value : values) filter.also_allow(number, bits(argument, kInt, static_cast<uint32_t>(value)));
}

}  // namespace

Result<size_t> confine_calls(const CallRules& rules) {
  Filter filter(rules.violation);
  for (const std::string_view name : allowed_calls()) filter.allow(name);
  for (const std::string_view name : refused_calls()) filter.fail(name, EPERM);
  for (const std::string_view name : unknown_calls()) filter.fail(name, ENOSYS);
  filter.also_allow(kSkipped);
  allow_memory(filter);
  allow_sockets(filter);
  allow_processes(filter, rules.may_execute);
  allow_values(filter, "prctl", 0, kPrctls);
  allow_values(filter, "ioctl", 1, kIoctls);
  return filter.load();
}

#endif

}  // namespace discovery::sandbox
