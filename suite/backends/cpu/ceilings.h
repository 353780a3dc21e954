// What the processor could do at most: rates that no kernel can exceed, measured by loops that do nothing else.
#pragma once

#include <cstdint>

#include "suite/tensor/dtype.h"

namespace attnscope::backends {

// FLOP/s (multiply-add = 2) of `threads` threads that each chain independent fused multiply-adds in registers, in the
// widest vectors of this machine. The best of short repetitions over `seconds`: a ceiling is not an average.
double fused_multiply_add_rate(tensor::DType dtype, int threads, double seconds);

// Bytes per second, read and written, of `threads` threads that each run the triad a = b + s·c over their share of
// arrays of `bytes` in all: the rate at which data of this size moves, from whichever cache or memory holds it.
double stream_rate(int threads, std::int64_t bytes, double seconds);

}  // namespace attnscope::backends
