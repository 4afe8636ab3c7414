// std::mutex with the annotations of clang's -Wthread-safety: a field marked GUARDED_BY(m) is touched only under m.
#pragma once

#include <mutex>

#if defined(__clang__)
#define DISCOVERY_TS(x) __attribute__((x))
#else
#define DISCOVERY_TS(x)
#endif

#define CAPABILITY(x) DISCOVERY_TS(capability(x))
#define SCOPED_CAPABILITY DISCOVERY_TS(scoped_lockable)
#define GUARDED_BY(x) DISCOVERY_TS(guarded_by(x))
#define REQUIRES(...) DISCOVERY_TS(requires_capability(__VA_ARGS__))
#define ACQUIRE(...) DISCOVERY_TS(acquire_capability(__VA_ARGS__))
#define RELEASE(...) DISCOVERY_TS(release_capability(__VA_ARGS__))
#define EXCLUDES(...) DISCOVERY_TS(locks_excluded(__VA_ARGS__))

namespace discovery {

class CAPABILITY("mutex") Mutex {
 public:
  void lock() ACQUIRE() { m_.lock(); }
  void unlock() RELEASE() { m_.unlock(); }

 private:
  std::mutex m_;
};

class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& m) ACQUIRE(m) : m_(m) { m_.lock(); }
  ~MutexLock() RELEASE() { m_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& m_;
};

}  // namespace discovery
