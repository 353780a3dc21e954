// Products and transposes of float32 matrices in the caches. Included only by kernel files between HWY_BEFORE_NAMESPACE
// and HWY_AFTER_NAMESPACE.
//
// Everything rests on one product, multiply(): a is read element by element (so it may be stored either way round), b
// and c row by row.
#if defined(ATTNSCOPE_MATRIX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTNSCOPE_MATRIX_INL_H_
#undef ATTNSCOPE_MATRIX_INL_H_
#else
#define ATTNSCOPE_MATRIX_INL_H_
#endif

#include <algorithm>
#include <cstdint>
#include <utility>

#include "suite/backends/cpu/matrix_rows.h"
#include "suite/backends/cpu/vector-inl.h"

// In front of a loop over registers: where it is not unrolled, they are kept in memory.
#undef ATTNSCOPE_UNROLL
#if HWY_COMPILER_CLANG
#define ATTNSCOPE_UNROLL _Pragma("clang loop unroll(full)")
#else
#define ATTNSCOPE_UNROLL _Pragma("GCC unroll 16")
#endif

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// Registers for the accumulators of a tile: 12 leave room for operands among 16 registers, 24 among 32. Wide tiles are
// best, since they read the fewest operands; narrow ones take more rows, so that as many sums are under way at once.
inline constexpr int tile_vectors = (HWY_MAX_BYTES == 64 || HWY_ARCH_ARM_A64) ? 4 : 2;
inline constexpr int tile_rows = 6;
constexpr int rows_of_tile(int vectors) { return vectors == 1 ? 2 * tile_rows : tile_rows * tile_vectors / vectors; }

// One tile of multiply(): Rows × Vectors accumulators stay in registers for the whole inner loop. With Partial, only
// the first `columns` lanes of the single vector exist.
template <int Rows, int Vectors, bool Partial, class A, class B, class C>
HWY_INLINE void multiply_tile(std::int64_t inner, A a, B b, C c, bool accumulate, std::size_t columns) {
  const Tag tag;
  const auto width = static_cast<std::int64_t>(hn::Lanes(tag));
  const auto mask = hn::FirstN(tag, columns);
  const auto load = [&](const float* from) HWY_ATTR {
    if constexpr (Partial) return load_first(mask, from);
    return hn::LoadU(tag, from);
  };
  Vector sum[Rows][Vectors];
  ATTNSCOPE_UNROLL for (int i = 0; i < Rows; ++i) {
    const float* const row = c[i];
    ATTNSCOPE_UNROLL for (int v = 0; v < Vectors; ++v) {
      sum[i][v] = accumulate ? load(row + v * width) : hn::Zero(tag);
    }
  }
  for (std::int64_t k = 0; k < inner; ++k, a.next_column(), b.next_row()) {
    Vector row[Vectors];
    for (int v = 0; v < Vectors; ++v) row[v] = load(b[0] + v * width);
    for (int i = 0; i < Rows; ++i) {
      const Vector factor = hn::Set(tag, a[i]);
      for (int v = 0; v < Vectors; ++v) sum[i][v] = hn::MulAdd(factor, row[v], sum[i][v]);
    }
  }
  ATTNSCOPE_UNROLL for (int i = 0; i < Rows; ++i) {
    float* const row = c[i];
    ATTNSCOPE_UNROLL for (int v = 0; v < Vectors; ++v) {
      float* const to = row + v * width;
      if constexpr (Partial) {
        store_first(sum[i][v], mask, to);
      } else {
        hn::StoreU(sum[i][v], tag, to);
      }
    }
  }
}

// Calls tile<Rows, Vectors>(row) for the register tiles of `rows` rows, the highest first.
template <int Vectors, class Tile>
HWY_INLINE void for_each_row_tile(std::int64_t rows, Tile&& tile) {
  std::int64_t i = 0;
  const auto tiles = [&]<int Rows>() HWY_ATTR {
    for (; i + Rows <= rows; i += Rows) tile.template operator()<Rows, Vectors>(i);
  };
  constexpr int most = rows_of_tile(Vectors);
  tiles.template operator()<most>();
  if constexpr (most > 8) tiles.template operator()<8>();
  tiles.template operator()<4>();
  tiles.template operator()<2>();
  tiles.template operator()<1>();
}

// Calls tile<Rows, Vectors>(row, column) for the register tiles of a matrix, the widest first. Returns the first of the
// columns that are left, fewer than a vector.
template <class Tile>
HWY_INLINE std::int64_t for_each_register_tile(std::int64_t rows, std::int64_t columns, Tile&& tile) {
  std::int64_t j = 0;
  const auto strips = [&]<int Vectors>() HWY_ATTR {
    for (const std::int64_t width = Vectors * lanes(); j + width <= columns; j += width) {
      for_each_row_tile<Vectors>(
          rows, [&]<int Rows, int>(std::int64_t i) HWY_ATTR { tile.template operator()<Rows, Vectors>(i, j); });
    }
  };
  strips.template operator()<tile_vectors>();
  if constexpr (tile_vectors > 2) {
    strips.template operator()<3>();
    strips.template operator()<2>();
  }
  strips.template operator()<1>();
  return j;
}

// What happens between register tiles, where nothing shall.
struct Nothing {
  HWY_INLINE void operator()() const {}
};

// c [rows × columns] = a [rows × inner] · b [inner × columns], or c += when `accumulate`. Calls between() after each
// register tile.
template <class A, class B, class C, class Between = Nothing>
void multiply(std::int64_t rows, std::int64_t columns, std::int64_t inner, const A& a, const B& b, const C& c,
              bool accumulate, Between&& between = {}) {
  const std::int64_t whole =
      for_each_register_tile(rows, columns, [&]<int Rows, int Vectors>(std::int64_t i, std::int64_t j) HWY_ATTR {
        multiply_tile<Rows, Vectors, false>(inner, a.from_row(i), b.from(0, j), c.from(i, j), accumulate, 0);
        between();
      });
  if (whole == columns) return;
  for_each_row_tile<1>(rows, [&]<int Rows, int Vectors>(std::int64_t i) HWY_ATTR {
    multiply_tile<Rows, Vectors, true>(inner, a.from_row(i), b.from(0, whole), c.from(i, whole), accumulate,
                                       static_cast<std::size_t>(columns - whole));
  });
}
// The same with all operands at even steps.
template <class Between = Nothing>
void multiply(std::int64_t rows, std::int64_t columns, std::int64_t inner, const float* a, Steps steps, const float* b,
              std::int64_t b_step, float* c, std::int64_t c_step, bool accumulate, Between&& between = {}) {
  multiply(rows, columns, inner, SteppedElements<const float>{a, steps}, EvenRows<const float>{b, b_step},
           EvenRows<float>{c, c_step}, accumulate, between);
}

// Four floats whatever the instruction set, one without any.
using QuadTag = hn::CappedTag<float, 4>;
inline constexpr std::int64_t quad_lanes = HWY_TARGET == HWY_SCALAR ? 1 : 4;
using Quad = hn::Vec<QuadTag>;

// The first `count` of four floats, the others zero; and only these written.
HWY_INLINE Quad load_quad(const float* from, std::int64_t count) {
  HWY_ALIGN float lanes[quad_lanes] = {};
  std::copy_n(from, count, lanes);
  return hn::Load(QuadTag(), lanes);
}
HWY_INLINE void store_quad(Quad quad, float* to, std::int64_t count) {
  HWY_ALIGN float lanes[quad_lanes];
  hn::Store(quad, QuadTag(), lanes);
  std::copy_n(lanes, count, to);
}

// Four by four in each block of 128 bits.
template <class V>
HWY_INLINE void transpose_square(V* rows) {
#if HWY_TARGET == HWY_SCALAR
  (void)rows;  // of one lane
#else
  const hn::DFromV<V> tag;
  const V low02 = hn::InterleaveLower(tag, rows[0], rows[2]);
  const V low13 = hn::InterleaveLower(tag, rows[1], rows[3]);
  const V high02 = hn::InterleaveUpper(tag, rows[0], rows[2]);
  const V high13 = hn::InterleaveUpper(tag, rows[1], rows[3]);
  rows[0] = hn::InterleaveLower(tag, low02, low13);
  rows[1] = hn::InterleaveUpper(tag, low02, low13);
  rows[2] = hn::InterleaveLower(tag, high02, high13);
  rows[3] = hn::InterleaveUpper(tag, high02, high13);
#endif
}

inline constexpr std::int64_t vector_blocks = HWY_TARGET == HWY_SCALAR ? 1 : HWY_MAX_BYTES / 16;
inline constexpr std::int64_t square_side = vector_blocks * quad_lanes;  // that of a square of whole vectors

// Block b of vector g becomes block g of vector b; vectors are `step` apart.
HWY_INLINE void transpose_blocks(Vector* vectors, std::int64_t step) {
#if HWY_MAX_BYTES == 64
  const Tag tag;
  const auto pair = [&](Vector a, Vector b, Vector& even, Vector& odd) HWY_ATTR {
    even = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(b), a);
    odd = hn::OddEvenBlocks(b, hn::SwapAdjacentBlocks(a));
  };
  Vector *a = vectors, *b = a + step, *c = b + step, *d = c + step;
  const Vector low_a = hn::ConcatLowerLower(tag, *c, *a), low_b = hn::ConcatLowerLower(tag, *d, *b);
  const Vector high_a = hn::ConcatUpperUpper(tag, *c, *a), high_b = hn::ConcatUpperUpper(tag, *d, *b);
  pair(low_a, low_b, *a, *b);
  pair(high_a, high_b, *c, *d);
#elif HWY_MAX_BYTES == 32
  const Tag tag;
  const Vector low = hn::ConcatLowerLower(tag, vectors[step], vectors[0]);
  vectors[step] = hn::ConcatUpperUpper(tag, vectors[step], vectors[0]);
  vectors[0] = low;
#else
  (void)vectors, (void)step;  // of one block
#endif
}

// A square of whole vectors, of which `rows` rows are read and the others zero, each element changed by `change`.
template <class Change>
HWY_INLINE void transpose_vectors(std::int64_t rows, const float* from, std::int64_t from_step, float* to,
                                  std::int64_t to_step, Change&& change) {
  const Tag tag;
  Vector vectors[square_side];
  for (std::int64_t r = 0; r < square_side; ++r) {
    vectors[r] = r < rows ? change(hn::LoadU(tag, from + r * from_step)) : hn::Zero(tag);
  }
  for (std::int64_t g = 0; g < vector_blocks; ++g) transpose_square(vectors + g * quad_lanes);
  for (std::int64_t c = 0; c < quad_lanes; ++c) transpose_blocks(vectors + c, quad_lanes);
  for (std::int64_t c = 0; c < square_side; ++c) hn::StoreU(vectors[c], tag, to + c * to_step);
}

// The same four by four, of `rows` rows and `columns` columns that are there.
template <class Change>
HWY_INLINE void transpose_quads(std::int64_t rows, std::int64_t columns, const float* from, std::int64_t from_step,
                                float* to, std::int64_t to_step, Change&& change) {
  const std::int64_t height = std::min(quad_lanes, rows), width = std::min(quad_lanes, columns);
  Quad quads[quad_lanes];
  if (height == quad_lanes && width == quad_lanes) {
    for (auto& quad : quads) quad = change(hn::LoadU(QuadTag(), std::exchange(from, from + from_step)));
    transpose_square(quads);
    for (const auto& quad : quads) hn::StoreU(quad, QuadTag(), std::exchange(to, to + to_step));
    return;
  }
  for (auto& quad : quads) quad = hn::Zero(QuadTag());
  for (std::int64_t r = 0; r < height; ++r) quads[r] = change(load_quad(from + r * from_step, width));
  transpose_square(quads);
  for (std::int64_t c = 0; c < width; ++c) store_quad(quads[c], to + c * to_step, height);
}

// to [columns × padded_rows, to_step] = from [rows × columns, from_step] transposed, each element changed by `change`,
// which takes and returns vectors of any length; columns of `to` behind `rows` become zero.
template <class Change>
HWY_INLINE void transpose_changed(std::int64_t rows, std::int64_t columns, const float* from, std::int64_t from_step,
                                  float* to, std::int64_t to_step, std::int64_t padded_rows, Change&& change) {
  const std::int64_t whole_rows = padded_rows / square_side * square_side;
  const std::int64_t whole_columns = columns / square_side * square_side;
  const auto quads = [&](std::int64_t i, std::int64_t j) HWY_ATTR {
    transpose_quads(rows - i, columns - j, from + i * from_step + j, from_step, to + j * to_step + i, to_step, change);
  };
  const auto square = [&](std::int64_t i, std::int64_t j) HWY_ATTR {
    transpose_vectors(rows - i, from + i * from_step + j, from_step, to + j * to_step + i, to_step, change);
  };
  // Whole rows at a time on the side where rows are far apart: they may all fall into the same few lines of the cache.
  if (from_step >= to_step) {
    for (std::int64_t i = 0; i < whole_rows; i += square_side) {
      for (std::int64_t j = 0; j < whole_columns; j += square_side) square(i, j);
    }
  } else {
    for (std::int64_t j = 0; j < whole_columns; j += square_side) {
      for (std::int64_t i = 0; i < whole_rows; i += square_side) square(i, j);
    }
  }
  for (std::int64_t i = 0; i < rows; i += quad_lanes) {
    for (std::int64_t j = i < whole_rows ? whole_columns : 0; j < columns; j += quad_lanes) quads(i, j);
  }
  for (std::int64_t j = whole_rows == padded_rows ? whole_columns : 0; j < columns; ++j) {
    std::fill(to + j * to_step + rows, to + j * to_step + padded_rows, 0.0f);
  }
}

// The same scaled.
inline void transpose(std::int64_t rows, std::int64_t columns, const float* from, std::int64_t from_step, float* to,
                      std::int64_t to_step, std::int64_t padded_rows, float scale = 1) {
  transpose_changed(rows, columns, from, from_step, to, to_step, padded_rows, [scale](auto vector) HWY_ATTR {
    return hn::Mul(vector, hn::Set(hn::DFromV<decltype(vector)>(), scale));
  });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ATTNSCOPE_MATRIX_INL_H_
