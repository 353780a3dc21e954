// The instructions of a GPU that kernels use by name. emulated/tensor_core.h has the same functions for the C++
// compiler and says what they compute.
#pragma once

#include <cstring>
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "suite/tensor/bfloat16.h"
#include "suite/tensor/float16.h"

namespace attnscope::backends::gpu {

__device__ inline float widen(float x) { return x; }
__device__ inline float widen(tensor::BFloat16 x) { return __uint_as_float(static_cast<std::uint32_t>(x.bits) << 16); }
__device__ inline float widen(tensor::Float16 x) { return __half2float(__ushort_as_half(x.bits)); }

template <class Element>
__device__ inline Element narrow(float x);
template <>
__device__ inline float narrow<float>(float x) {
  return x;
}
template <>
__device__ inline tensor::BFloat16 narrow<tensor::BFloat16>(float x) {
  tensor::BFloat16 result;
  result.bits = __bfloat16_as_ushort(__float2bfloat16_rn(x));
  return result;
}
template <>
__device__ inline tensor::Float16 narrow<tensor::Float16>(float x) {
  tensor::Float16 result;
  result.bits = __half_as_ushort(__float2half_rn(x));
  return result;
}

template <class Half>
__device__ inline std::uint32_t pack(float low, float high) {
  return static_cast<std::uint32_t>(narrow<Half>(low).bits) | static_cast<std::uint32_t>(narrow<Half>(high).bits) << 16;
}
template <>
__device__ inline std::uint32_t pack<tensor::BFloat16>(float low, float high) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  std::uint32_t bits;
  memcpy(&bits, &pair, sizeof bits);
  return bits;
}
template <>
__device__ inline std::uint32_t pack<tensor::Float16>(float low, float high) {
  const __half2 pair = __floats2half2_rn(low, high);
  std::uint32_t bits;
  memcpy(&bits, &pair, sizeof bits);
  return bits;
}

__device__ inline std::uint32_t to_tf32(float x) {
  std::uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
  return bits;
}

__device__ inline float float_of(std::uint32_t bits) { return __uint_as_float(bits); }

__device__ inline float power_of_two(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

__device__ inline void multiply_add_16x8x16(tensor::BFloat16, float (&c)[4], const std::uint32_t (&a)[4],
                                            const std::uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
__device__ inline void multiply_add_16x8x16(tensor::Float16, float (&c)[4], const std::uint32_t (&a)[4],
                                            const std::uint32_t (&b)[2]) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
__device__ inline void multiply_add_16x8x8_tf32(float (&c)[4], const std::uint32_t (&a)[4],
                                                const std::uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

template <int count, bool transposed>
__device__ inline void load_matrices(std::uint32_t (&registers)[count], const void* row) {
  const auto shared = static_cast<std::uint32_t>(__cvta_generic_to_shared(row));
  static_assert(count == 2 || count == 4);
  if constexpr (count == 2 && transposed) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
                 : "=r"(registers[0]), "=r"(registers[1])
                 : "r"(shared));
  } else if constexpr (count == 2) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];"
                 : "=r"(registers[0]), "=r"(registers[1])
                 : "r"(shared));
  } else if constexpr (transposed) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
                 : "r"(shared));
  } else {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
                 : "r"(shared));
  }
}

__device__ inline void copy_async_16(void* to, const void* from) {
  const auto shared = static_cast<std::uint32_t>(__cvta_generic_to_shared(to));
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared), "l"(from));
}
__device__ inline void zero_async_16(void* to) {
  const auto shared = static_cast<std::uint32_t>(__cvta_generic_to_shared(to));
  // A source of no bytes: all 16 become zero. Any valid address will do.
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, 0;" ::"r"(shared), "l"(to));
}
__device__ inline void commit_copies() { asm volatile("cp.async.commit_group;"); }
template <int groups_in_flight>
__device__ inline void wait_for_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(groups_in_flight));
}

}  // namespace attnscope::backends::gpu
