// Memory that nobody may touch, to AddressSanitizer; nothing without it. It knows groups of 8 bytes: the end of a red
// zone that begins or ends within one gives way.
#pragma once

#include "suite/backends/cuda/emulated/fibre.h"

#if defined(ATTNSCOPE_ADDRESS_SANITIZER)
#include <sanitizer/asan_interface.h>
#endif

namespace attnscope::backends::emulated_gpu {

#if defined(ATTNSCOPE_ADDRESS_SANITIZER)
inline constexpr bool has_red_zones = true;
inline void forbid(const void* from, std::size_t bytes) { __asan_poison_memory_region(from, bytes); }
inline void allow(const void* from, std::size_t bytes) { __asan_unpoison_memory_region(from, bytes); }
#else
inline constexpr bool has_red_zones = false;
inline void forbid(const void*, std::size_t) {}
inline void allow(const void*, std::size_t) {}
#endif

}  // namespace attnscope::backends::emulated_gpu
