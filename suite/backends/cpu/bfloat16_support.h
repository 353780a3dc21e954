// Whether the processor multiplies bfloat16 itself.
#pragma once

namespace attnscope::backends::cpu {

// AVX512_BF16; cheap enough for inner loops.
bool has_bfloat16_products();
// Whether kernels use it: false too where ATTNSCOPE_ISA forces an older instruction set. Slow: asks the processor.
bool uses_bfloat16_products();

}  // namespace attnscope::backends::cpu
