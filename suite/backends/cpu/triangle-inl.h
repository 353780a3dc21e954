// Weights between positions of one chunk, w[j, i] of key j and query i ≥ j, a matrix [positions × step]: what lies
// behind the diagonal is not computed, but for what a register tile meets at its end.
// Included only by kernel files between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE.
#if defined(ATTNSCOPE_TRIANGLE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTNSCOPE_TRIANGLE_INL_H_
#undef ATTNSCOPE_TRIANGLE_INL_H_
#else
#define ATTNSCOPE_TRIANGLE_INL_H_
#endif

#include <algorithm>
#include <cstdint>

#include "suite/backends/cpu/product_sums-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// w[j, i] for i ≥ j = the sum of products with keys as rows and queries as columns. Up to 15 numbers before the
// diagonal are written too; `step` is a multiple of 16.
template <class Between, class... Products>
void weigh_later(std::int64_t count, float* w, std::int64_t step, Between&& between, const Products&... products) {
  constexpr std::int64_t most = 2 * tile_rows;
  for (std::int64_t j = 0; j < count; j += most) {
    const std::int64_t column = j / 16 * 16;
    sum_products(std::min(most, count - j), step - column, w + j * step + column, step, nullptr, between,
                 products.from(j, column)...);
  }
}

// The sums over the keys of w [count × step], whose numbers before the diagonal are zero.
inline void sum_keys(std::int64_t count, const float* w, std::int64_t step, float* to) {
  sum_products(1, step, to, step, nullptr, Nothing(), Product{count, &one, {0, 0}, w, step});
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ATTNSCOPE_TRIANGLE_INL_H_
