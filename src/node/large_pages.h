// Puts the memory of a large registry on pages of 2 MiB, a piece at a time.
//
// A registry of a million instances lies on 180,000 pages of 4 KiB; nearly every access of a request then waits for the
// translation of its address as well (decision 0026). The allocator grows its arenas too finely for the kernel to give
// large pages at once, so pieces that are full are collapsed afterwards. What is in memory does not change.
//
// Linux 6.1 and later (MADV_COLLAPSE); earlier, or where the administrator has switched transparent huge pages off, it
// does nothing. Thread: one, which may wait about a millisecond a step; who touches the piece at hand meanwhile waits
// as well.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"

namespace discovery::node {

class LargePages {
 public:
  static constexpr size_t kPieceBytes = size_t{2} << 20;
  static constexpr size_t kRegistryMin = size_t{64} << 20;  ///< smaller ones fit into what processors remember
  static constexpr size_t kMappingMin = size_t{32} << 20;   ///< leaves out stacks of threads
  static constexpr size_t kMappingMax = size_t{64} << 30;   ///< leaves out what sanitizers reserve
  static constexpr size_t kResidentMin = kPieceBytes / 4096 * 3 / 4;  ///< pages of a piece that must be in use
  static constexpr int kRefusedMax = 16;                              ///< after so many, and no success, it gives up
  static constexpr Duration kRound = std::chrono::seconds(20);
  static constexpr Duration kStep = std::chrono::milliseconds(5);

  LargePages();

  /// Takes the next step if it is due. Returns when it wants to be called again.
  TimePoint tick(TimePoint now, size_t registry_bytes);

  [[nodiscard]] bool usable() const { return usable_; }
  [[nodiscard]] uint64_t collapsed() const { return collapsed_; }

 private:
  void list_pieces(size_t at_most);
  void collapse(char* piece);

  std::vector<char*> pieces_;  ///< still to be looked at in this round
  TimePoint next_{};
  uint64_t collapsed_ = 0;
  int refused_ = 0;
  bool usable_ = false;
};

}  // namespace discovery::node
