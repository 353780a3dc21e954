// What asynchronous copies of 16 bytes leave at their destination. Not in thread_block.cpp, because ThreadSanitizer
// must see these stores: they are the kernel's own.
#pragma once

namespace attnscope::backends::emulated_gpu {

// nullptr: zeros.
void store_copy(void* to, const void* from);
// NaN, as long as nobody has waited.
void store_poison(void* to);

}  // namespace attnscope::backends::emulated_gpu
