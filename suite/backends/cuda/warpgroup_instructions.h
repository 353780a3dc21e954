// The instructions of compute capability 9.0 that kernels use by name: sm_90a only. emulated/warpgroup_instructions.h
// has the same functions for the C++ compiler and says what they compute.
#pragma once

#include <cstdint>
#include <type_traits>

namespace attnscope::backends::gpu {

__device__ inline std::uint32_t shared_address(const void* place) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(place));
}

__device__ inline void make_ready(TransferBarrier& barrier, int arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(&barrier)), "r"(arrivals) : "memory");
}
// Transfers, too, see the barriers.
__device__ inline void finish_making_ready() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}
__device__ inline void arrive(TransferBarrier& barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(&barrier)) : "memory");
}
__device__ inline void arrive_expecting(TransferBarrier& barrier, int bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(&barrier)), "r"(bytes)
               : "memory");
}
__device__ inline void wait_for_phase(TransferBarrier& barrier, unsigned parity) {
  const std::uint32_t address = shared_address(&barrier);
  std::uint32_t has_ended = 0;
  while (has_ended == 0) {
    asm volatile(
        "{ .reg .pred ended;\n"
        "mbarrier.try_wait.parity.shared::cta.b64 ended, [%1], %2;\n"
        "selp.u32 %0, 1, 0, ended; }"
        : "=r"(has_ended)
        : "r"(address), "r"(parity)
        : "memory");
  }
}
__device__ inline void load_panel(void* to, const TileMap& map, int column, int row, int head,
                                  TransferBarrier& barrier) {
  asm volatile(
      "cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3, %4}], [%5];" ::
          "r"(shared_address(to)),
      "l"(&map), "r"(column), "r"(row), "r"(head), "r"(shared_address(&barrier))
      : "memory");
}

__device__ inline void begin_products() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ inline void commit_products() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

// An empty instruction that reads and writes the numbers: the compiler moves no use of them across it.
template <int tiles>
__device__ inline void settle(float (&x)[tiles][4]) {
  ATTNSCOPE_UNROLLED
  for (int tile = 0; tile < tiles; ++tile) {
    asm volatile("" : "+f"(x[tile][0]), "+f"(x[tile][1]), "+f"(x[tile][2]), "+f"(x[tile][3])::"memory");
  }
}
template <int groups_in_flight, int tiles>
__device__ inline void wait_for_products(float (&sums)[tiles][4]) {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(groups_in_flight) : "memory");
  settle(sums);
}

template <int registers>
__device__ inline void give_registers() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(registers));
}
template <int registers>
__device__ inline void take_registers() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(registers));
}

// Lists of operands: sums of 4 tiles, 16 registers, from tile `t` on.
#define ATTNSCOPE_TILE(t) "+f"(sums[t][0]), "+f"(sums[t][1]), "+f"(sums[t][2]), "+f"(sums[t][3])
#define ATTNSCOPE_TILES(t) ATTNSCOPE_TILE(t), ATTNSCOPE_TILE(t + 1), ATTNSCOPE_TILE(t + 2), ATTNSCOPE_TILE(t + 3)
#define ATTNSCOPE_32_SUMS                                              \
  "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18," \
  "%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
#define ATTNSCOPE_64_SUMS                                                                             \
  ATTNSCOPE_32_SUMS                                                                                   \
  ",%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,%48,%49,%50,%51,%52,%53,%54,%55," \
  "%56,%57,%58,%59,%60,%61,%62,%63"

// Behind the sides: whether sums are added to, signs of A and B, and whether sides from shared memory are transposed.
#define ATTNSCOPE_MULTIPLY_PANELS_64(type)                                               \
  asm volatile(                                                                          \
      "{ .reg .pred adds;\nsetp.ne.b32 adds, %34, 0;\n"                                  \
      "wgmma.mma_async.sync.aligned.m64n64k16.f32." type "." type " {" ATTNSCOPE_32_SUMS \
      "}, %32, %33, adds, 1, 1, 0, 0; }"                                                 \
      : ATTNSCOPE_TILES(0), ATTNSCOPE_TILES(4)                                           \
      : "l"(a.bits), "l"(b.bits), "r"(static_cast<int>(adds)))
#define ATTNSCOPE_MULTIPLY_PANELS_128(type)                                               \
  asm volatile(                                                                           \
      "{ .reg .pred adds;\nsetp.ne.b32 adds, %66, 0;\n"                                   \
      "wgmma.mma_async.sync.aligned.m64n128k16.f32." type "." type " {" ATTNSCOPE_64_SUMS \
      "}, %64, %65, adds, 1, 1, 0, 0; }"                                                  \
      : ATTNSCOPE_TILES(0), ATTNSCOPE_TILES(4), ATTNSCOPE_TILES(8), ATTNSCOPE_TILES(12)   \
      : "l"(a.bits), "l"(b.bits), "r"(static_cast<int>(adds)))
#define ATTNSCOPE_MULTIPLY_HELD_64(type)                                                 \
  asm volatile(                                                                          \
      "{ .reg .pred adds;\nsetp.ne.b32 adds, 1, 0;\n"                                    \
      "wgmma.mma_async.sync.aligned.m64n64k16.f32." type "." type " {" ATTNSCOPE_32_SUMS \
      "}, {%32,%33,%34,%35}, %36, adds, 1, 1, 1; }"                                      \
      : ATTNSCOPE_TILES(0), ATTNSCOPE_TILES(4)                                           \
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b.bits))
#define ATTNSCOPE_MULTIPLY_HELD_128(type)                                                 \
  asm volatile(                                                                           \
      "{ .reg .pred adds;\nsetp.ne.b32 adds, 1, 0;\n"                                     \
      "wgmma.mma_async.sync.aligned.m64n128k16.f32." type "." type " {" ATTNSCOPE_64_SUMS \
      "}, {%64,%65,%66,%67}, %68, adds, 1, 1, 1; }"                                       \
      : ATTNSCOPE_TILES(0), ATTNSCOPE_TILES(4), ATTNSCOPE_TILES(8), ATTNSCOPE_TILES(12)   \
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b.bits))

template <class Half, int tiles>
__device__ inline void multiply_panels(float (&sums)[tiles][4], TileDescriptor a, TileDescriptor b, bool adds) {
  static_assert(tiles == 8 || tiles == 16);
  constexpr bool is_bfloat16 = std::is_same_v<Half, BFloat16>;
  if constexpr (tiles == 8 && is_bfloat16) {
    ATTNSCOPE_MULTIPLY_PANELS_64("bf16");
  } else if constexpr (tiles == 8) {
    ATTNSCOPE_MULTIPLY_PANELS_64("f16");
  } else if constexpr (is_bfloat16) {
    ATTNSCOPE_MULTIPLY_PANELS_128("bf16");
  } else {
    ATTNSCOPE_MULTIPLY_PANELS_128("f16");
  }
}

template <class Half, int tiles>
__device__ inline void multiply_held(float (&sums)[tiles][4], const std::uint32_t (&a)[4], TileDescriptor b) {
  static_assert(tiles == 8 || tiles == 16);
  constexpr bool is_bfloat16 = std::is_same_v<Half, BFloat16>;
  if constexpr (tiles == 8 && is_bfloat16) {
    ATTNSCOPE_MULTIPLY_HELD_64("bf16");
  } else if constexpr (tiles == 8) {
    ATTNSCOPE_MULTIPLY_HELD_64("f16");
  } else if constexpr (is_bfloat16) {
    ATTNSCOPE_MULTIPLY_HELD_128("bf16");
  } else {
    ATTNSCOPE_MULTIPLY_HELD_128("f16");
  }
}

#undef ATTNSCOPE_TILE
#undef ATTNSCOPE_TILES
#undef ATTNSCOPE_32_SUMS
#undef ATTNSCOPE_64_SUMS
#undef ATTNSCOPE_MULTIPLY_PANELS_64
#undef ATTNSCOPE_MULTIPLY_PANELS_128
#undef ATTNSCOPE_MULTIPLY_HELD_64
#undef ATTNSCOPE_MULTIPLY_HELD_128

}  // namespace attnscope::backends::gpu
