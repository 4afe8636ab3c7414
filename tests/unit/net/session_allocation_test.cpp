// A whole request is answered without memory being allocated. Replaces operator new for this test program.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "unit/net/session_fixture.h"

namespace {
thread_local size_t allocations = 0;

void* counted(size_t bytes) {
  ++allocations;
  void* memory = std::malloc(bytes > 0 ? bytes : 1);
  if (memory == nullptr) std::abort();
  return memory;
}
}  // namespace

void* operator new(size_t bytes) { return counted(bytes); }
void* operator new[](size_t bytes) { return counted(bytes); }
// Else the library's own goes with our delete, which sanitizers refuse.
void* operator new(size_t bytes, const std::nothrow_t& /*tag*/) noexcept { return counted(bytes); }
void* operator new[](size_t bytes, const std::nothrow_t& /*tag*/) noexcept { return counted(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t /*bytes*/) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t /*bytes*/) noexcept { std::free(memory); }

namespace discovery::net {
namespace {

size_t allocations_of(SessionFixture& f, const std::string& request) {
  f.transport.client_sends(request);
  const size_t before = allocations;
  EXPECT_TRUE(f.transport.step(f.session));
  return allocations - before;
}

TEST(SessionAllocation, CountingWorks) {
  const size_t before = allocations;
  delete new std::string("x");
  EXPECT_GT(allocations, before);
}

TEST(SessionAllocation, RequestsCostNone) {
  SessionFixture f;
  f.transport.reserve_written(1 << 20);
  const std::string renew = post("/plain", std::string(200, 'b'));
  for (int i = 0; i < 3; ++i) allocations_of(f, renew + get("/a//b/plain"));  // buffers grow to their size
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(allocations_of(f, renew), 0u);
    EXPECT_EQ(allocations_of(f, renew + renew + renew), 0u) << "pipelined";
    EXPECT_EQ(allocations_of(f, get("//plain/")), 0u) << "with a path to clean";
  }
  EXPECT_EQ(f.session.state(), Session::State::kReading);
}

}  // namespace
}  // namespace discovery::net
