// Products with weights w [positions × step] between positions of one chunk, w[j, i] of key j and query i ≥ j: what
// lies behind the diagonal is neither computed nor read, but for the zeros that a register tile meets at its end.
// Included only by kernel files between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE.
#if defined(ATTNSCOPE_TRIANGLE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTNSCOPE_TRIANGLE_INL_H_
#undef ATTNSCOPE_TRIANGLE_INL_H_
#else
#define ATTNSCOPE_TRIANGLE_INL_H_
#endif

#include <algorithm>
#include <cstdint>

#include "suite/backends/cpu/matrix-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// Calls visit(first, rows) for a register tile's rows at a time.
template <class Visit>
void for_each_row_group(std::int64_t count, Visit&& visit) {
  constexpr std::int64_t most = 2 * tile_rows;
  for (std::int64_t first = 0; first < count; first += most) visit(first, std::min(most, count - first));
}

// w[j, i] = keys[j] · queries_t[:, i] for i ≥ j; keys [count × inner], queries_t [inner × step]. Up to 15 numbers
// before the diagonal are written too.
inline void weigh_later(std::int64_t count, std::int64_t inner, const float* keys, const float* queries_t, float* w,
                        std::int64_t step) {
  for_each_row_group(count, [&](std::int64_t j, std::int64_t rows) {
    const std::int64_t column = j / 16 * 16;
    multiply(rows, step - column, inner, keys + j * inner, {inner, 1}, queries_t + column, step, w + j * step + column,
             step, false);
  });
}

// to[i] = Σ w[j, i] x[j] over j ≤ i; x and to [count × columns]. Before the diagonal w is zero.
inline void sum_earlier(std::int64_t count, std::int64_t columns, const float* w, std::int64_t step, const float* x,
                        float* to) {
  for_each_row_group(count, [&](std::int64_t i, std::int64_t rows) {
    multiply(rows, columns, i + rows, w + i, {1, step}, x, columns, to + i * columns, columns, false);
  });
}

// to[j] = Σ w[j, i] x[i] over i ≥ j; x and to [count × columns]. Before the diagonal w is zero.
inline void sum_later(std::int64_t count, std::int64_t columns, const float* w, std::int64_t step, const float* x,
                      float* to) {
  for_each_row_group(count, [&](std::int64_t j, std::int64_t rows) {
    multiply(rows, columns, count - j, w + j * step + j, {step, 1}, x + j * columns, columns, to + j * columns, columns,
             false);
  });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ATTNSCOPE_TRIANGLE_INL_H_
