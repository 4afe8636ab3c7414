// libFuzzer's entry point: DISCOVERY_FUZZ_TARGET=<name> fuzz_libfuzzer [corpus folder] [libFuzzer's options].
// An empty corpus folder is filled with the target's seeds by DISCOVERY_FUZZ_WRITE_SEEDS=<folder> first.
#include <cstddef>
#include <cstdint>
#include <fstream>

#include "fuzz/fuzz_target.h"

namespace discovery::fuzz {
namespace {

const Target& chosen_target() {
  const char* name = std::getenv("DISCOVERY_FUZZ_TARGET");
  for (const Target& target : all_targets()) {
    if (name != nullptr && target.name == name) return target;
  }
  std::fprintf(stderr, "DISCOVERY_FUZZ_TARGET must be one of:\n");
  for (const Target& target : all_targets()) std::fprintf(stderr, "  %s\n", target.name.c_str());
  std::exit(2);
}

void write_seeds(const Target& target, const std::string& folder) {
  for (size_t i = 0; i < target.seeds.size(); ++i) {
    std::ofstream(folder + "/seed-" + std::to_string(i), std::ios::binary) << target.seeds[i];
  }
}

void (*g_run)(std::string_view) = nullptr;

}  // namespace
}  // namespace discovery::fuzz

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  using namespace discovery::fuzz;
  const Target& target = chosen_target();
  g_run = target.run;
  if (const char* folder = std::getenv("DISCOVERY_FUZZ_WRITE_SEEDS")) write_seeds(target, folder);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  discovery::fuzz::g_run({reinterpret_cast<const char*>(data), size});
  return 0;
}
