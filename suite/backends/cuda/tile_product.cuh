// C [16,8] += A [16,depth]·B [depth,8] by one warp on tensor cores: the step that every product of ours is made of.
//
// A product type knows one kind of element and how its tiles come into registers:
//   Left  A from 16 rows of a row-major matrix (left), from its transpose (left_transposed), or from sums that a warp
//         holds already (left_of);
//   Right B from `depth` rows of a row-major matrix (right), or from its transpose, 8 rows (right_transposed).
// Matrices lie in shared memory; `stride` is the distance of their rows in elements. For elements of 16 bits every row
// begins at a multiple of 16 bytes.
//
// Sums are float32 and lie as the PTX ISA has it: lane 4g + t holds C at rows g and g + 8, columns 2t and 2t + 1, in
// the order (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1).
#pragma once

#include <type_traits>

#include "suite/backends/cuda/cuda.h"
#include "suite/backends/cuda/device_language.h"
#include "suite/backends/cuda/pack.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

// Rows and columns of C that a lane holds: row_of_sum(i) and column_of_sum(i) of sums[i].
__device__ inline int lane_of_warp() { return static_cast<int>(threadIdx.x) % lanes_per_warp; }
__device__ inline int row_of_sum(int i) { return lane_of_warp() / 4 + i / 2 * 8; }
__device__ inline int column_of_sum(int i) { return lane_of_warp() % 4 * 2 + i % 2; }

// Two neighbouring sums to where `valid` elements are left of the row, in one store where that is possible.
template <class Out>
__device__ inline void store_pair(Out* to, std::int64_t valid, float first, float second) {
  const Pack<Out, 2> pair{{narrow<Out>(first), narrow<Out>(second)}};
  if (valid >= 2 && reinterpret_cast<std::uintptr_t>(to) % sizeof pair == 0) {
    store_pack(to, pair);
  } else {
    if (valid >= 1) to[0] = pair.elements[0];
    if (valid >= 2) to[1] = pair.elements[1];
  }
}

// bf16 or fp16.
template <class Half>
struct HalfProduct {
  using Element = Half;
  static constexpr int depth = 16;
  struct Left {
    std::uint32_t registers[4];
  };
  struct Right {
    std::uint32_t registers[2];
  };

  __device__ static Left left(const Half* rows, int stride) {
    const int lane = lane_of_warp();
    Left a;
    load_matrices<4, false>(a.registers, rows + lane % 16 * stride + lane / 16 * 8);
    return a;
  }
  __device__ static Left left_transposed(const Half* rows, int stride) {
    const int lane = lane_of_warp();
    Left a;
    load_matrices<4, true>(a.registers, rows + (lane / 16 * 8 + lane % 8) * stride + lane / 8 % 2 * 8);
    return a;
  }
  __device__ static Right right(const Half* rows, int stride) {
    Right b;
    load_matrices<2, true>(b.registers, rows + lane_of_warp() % 16 * stride);
    return b;
  }
  __device__ static Right right_transposed(const Half* rows, int stride) {
    const int lane = lane_of_warp();
    Right b;
    load_matrices<2, false>(b.registers, rows + lane % 8 * stride + lane / 8 % 2 * 8);
    return b;
  }
  // A whose columns are those of depth/8 neighbouring tiles of sums.
  __device__ static Left left_of(const float (&sums)[depth / 8][4]) {
    return {{pack<Half>(sums[0][0], sums[0][1]), pack<Half>(sums[0][2], sums[0][3]), pack<Half>(sums[1][0], sums[1][1]),
             pack<Half>(sums[1][2], sums[1][3])}};
  }
  __device__ static void multiply_add(float (&c)[4], const Left& a, const Right& b) {
    multiply_add_16x8x16(Half(), c, a.registers, b.registers);
  }
};

// Where the elements of a tile of depth 8 lie. Products do not ask in which order the depth is walked: it is walked so
// that a lane's columns of A are those it holds of C, 2t and 2t + 1 instead of t and t + 4.
struct Depth8 {
  __device__ static int row(int i) { return lane_of_warp() / 4 + i % 2 * 8; }  // of A's register i
  __device__ static int depth(int i) { return lane_of_warp() % 4 * 2 + i; }    // of B's register i, A's 2i, 2i + 1
  __device__ static int column() { return lane_of_warp() / 4; }                // of B
  __device__ static constexpr int sum_of(int i) { return i / 2 + i % 2 * 2; }  // what A's register i is in C
};

// float32 elements with the 11 bits of tf32.
struct Tf32Product {
  using Element = float;
  static constexpr int depth = 8;
  struct Left {
    std::uint32_t registers[4];
  };
  struct Right {
    std::uint32_t registers[2];
  };

  __device__ static Left left(const float* rows, int stride) {
    Left a;
    for (int i = 0; i < 4; ++i) a.registers[i] = to_tf32(rows[Depth8::row(i) * stride + Depth8::depth(i / 2)]);
    return a;
  }
  __device__ static Left left_transposed(const float* rows, int stride) {
    Left a;
    for (int i = 0; i < 4; ++i) a.registers[i] = to_tf32(rows[Depth8::depth(i / 2) * stride + Depth8::row(i)]);
    return a;
  }
  __device__ static Right right(const float* rows, int stride) {
    Right b;
    for (int i = 0; i < 2; ++i) b.registers[i] = to_tf32(rows[Depth8::depth(i) * stride + Depth8::column()]);
    return b;
  }
  __device__ static Right right_transposed(const float* rows, int stride) {
    Right b;
    for (int i = 0; i < 2; ++i) b.registers[i] = to_tf32(rows[Depth8::column() * stride + Depth8::depth(i)]);
    return b;
  }
  __device__ static Left left_of(const float (&sums)[1][4]) {
    Left a;
    for (int i = 0; i < 4; ++i) a.registers[i] = to_tf32(sums[0][Depth8::sum_of(i)]);
    return a;
  }
  __device__ static void multiply_add(float (&c)[4], const Left& a, const Right& b) {
    multiply_add_16x8x8_tf32(c, a.registers, b.registers);
  }
};

// float32 elements as the sum of two tf32 numbers each: x·y = x₁y₁ + x₁y₂ + x₂y₁, where x₂y₂ is below the 22 bits that
// are kept. Three products on tensor cores are still faster than one without.
struct ExactProduct {
  using Element = float;
  static constexpr int depth = 8;
  struct Left {
    std::uint32_t high[4], low[4];
  };
  struct Right {
    std::uint32_t high[2], low[2];
  };

  __device__ static Left left(const float* rows, int stride) {
    Left a;
    for (int i = 0; i < 4; ++i) split(rows[Depth8::row(i) * stride + Depth8::depth(i / 2)], a.high[i], a.low[i]);
    return a;
  }
  __device__ static Left left_transposed(const float* rows, int stride) {
    Left a;
    for (int i = 0; i < 4; ++i) split(rows[Depth8::depth(i / 2) * stride + Depth8::row(i)], a.high[i], a.low[i]);
    return a;
  }
  __device__ static Right right(const float* rows, int stride) {
    Right b;
    for (int i = 0; i < 2; ++i) split(rows[Depth8::depth(i) * stride + Depth8::column()], b.high[i], b.low[i]);
    return b;
  }
  __device__ static Right right_transposed(const float* rows, int stride) {
    Right b;
    for (int i = 0; i < 2; ++i) split(rows[Depth8::column() * stride + Depth8::depth(i)], b.high[i], b.low[i]);
    return b;
  }
  __device__ static Left left_of(const float (&sums)[1][4]) {
    Left a;
    for (int i = 0; i < 4; ++i) split(sums[0][Depth8::sum_of(i)], a.high[i], a.low[i]);
    return a;
  }
  __device__ static void multiply_add(float (&c)[4], const Left& a, const Right& b) {
    multiply_add_16x8x8_tf32(c, a.low, b.high);
    multiply_add_16x8x8_tf32(c, a.high, b.low);
    multiply_add_16x8x8_tf32(c, a.high, b.high);
  }

 private:
  __device__ static void split(float x, std::uint32_t& high, std::uint32_t& low) {
    high = to_tf32(x);
    low = to_tf32(x - float_of(high));
  }
};

// Calls visit(Product()) with the product of elements of x's type.
template <class Visit>
void with_product_of(const tensor::Tensor& x, Float32Products products, Visit&& visit) {
  if (x.dtype() == tensor::DType::bf16) return visit(HalfProduct<BFloat16>());
  if (x.dtype() == tensor::DType::fp16) return visit(HalfProduct<Float16>());
  if (products == Float32Products::tf32) return visit(Tf32Product());
  return visit(ExactProduct());
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
