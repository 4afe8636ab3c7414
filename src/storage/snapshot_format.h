// The types of sections (snapshot.h).
#pragma once

#include <cstdint>

namespace discovery::storage {

inline constexpr uint32_t kFooter = 0;
inline constexpr uint32_t kRecordSection = 1;

}  // namespace discovery::storage
