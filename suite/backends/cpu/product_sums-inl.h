// Sums of several products of float32 matrices, made in the registers of one tile and scaled there: neither a term nor
// the unscaled sum is ever stored. Included only by kernel files between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE.
#if defined(ATTNSCOPE_PRODUCT_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTNSCOPE_PRODUCT_SUMS_INL_H_
#undef ATTNSCOPE_PRODUCT_SUMS_INL_H_
#else
#define ATTNSCOPE_PRODUCT_SUMS_INL_H_
#endif

#include <algorithm>
#include <cstdint>

#include "suite/backends/cpu/matrix-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// Which part of the inner axis row i of a product covers: everything, k ≤ i or k ≥ i. A register tile takes what its
// longest row needs: elsewhere a must be zero.
enum class Inner { whole, until_row, from_row };

// a [rows × inner], read element by element, times b [inner × columns], read row by row.
struct Product {
  std::int64_t inner;
  const float* a;
  Steps steps;
  const float* b;
  std::int64_t b_step;
  Inner part = Inner::whole;

  // The product's part from this row and column on; of a whole one.
  Product from(std::int64_t row, std::int64_t column) const {
    return {inner, a + row * steps.row, steps, b + column, b_step, part};
  }
};

// Factors that are all 1.
inline constexpr float one = 1;

// sum += the product's tile of Rows rows from `row` on and the columns at `column`, which `load` reads.
template <int Rows, int Vectors, class Load>
HWY_INLINE void add_product(const Product& product, std::int64_t row, std::int64_t column, Load&& load,
                            Vector (&sum)[Rows][Vectors]) {
  const std::int64_t first = product.part == Inner::from_row ? std::min(row, product.inner) : 0;
  const std::int64_t last = product.part == Inner::until_row ? std::min(row + Rows, product.inner) : product.inner;
  const float* a = product.a + row * product.steps.row + first * product.steps.column;
  const float* b = product.b + first * product.b_step + column;
  for (std::int64_t k = first; k < last; ++k, a += product.steps.column, b += product.b_step) {
    Vector factors[Vectors];
    for (int v = 0; v < Vectors; ++v) factors[v] = load(b + v * lanes());
    for (int i = 0; i < Rows; ++i) {
      const Vector factor = hn::Set(Tag(), a[i * product.steps.row]);
      for (int v = 0; v < Vectors; ++v) sum[i][v] = hn::MulAdd(factor, factors[v], sum[i][v]);
    }
  }
}

// c [rows × columns] = the sum of the products, row i times scale[i] where scales are given. Calls between() after each
// register tile.
template <class Between, class... Products>
void sum_products(std::int64_t rows, std::int64_t columns, float* c, std::int64_t c_step, const float* scale,
                  Between&& between, const Products&... products) {
  const auto tile = [&]<int Rows, int Vectors>(std::int64_t row, std::int64_t column, auto&& load, auto&& store)
                        HWY_ATTR {
                          Vector sum[Rows][Vectors];
                          for (auto& of_row : sum) {
                            for (auto& v : of_row) v = hn::Zero(Tag());
                          }
                          (add_product<Rows, Vectors>(products, row, column, load, sum), ...);
                          for (int i = 0; i < Rows; ++i) {
                            const Vector factor = hn::Set(Tag(), scale == nullptr ? 1.0f : scale[row + i]);
                            float* to = c + (row + i) * c_step + column;
                            for (int v = 0; v < Vectors; ++v) store(hn::Mul(sum[i][v], factor), to + v * lanes());
                          }
                          between();
                        };
  const std::int64_t whole =
      for_each_register_tile(rows, columns, [&]<int Rows, int Vectors>(std::int64_t i, std::int64_t j) HWY_ATTR {
        tile.template operator()<Rows, Vectors>(
            i, j, [](const float* from) HWY_ATTR { return load(from); },
            [](Vector v, float* to) HWY_ATTR { store(v, to); });
      });
  if (whole == columns) return;
  const auto mask = hn::FirstN(Tag(), static_cast<std::size_t>(columns - whole));
  for_each_row_tile<1>(rows, [&]<int Rows, int Vectors>(std::int64_t i) HWY_ATTR {
    tile.template operator()<Rows, Vectors>(
        i, whole, [mask](const float* from) HWY_ATTR { return load_first(mask, from); },
        [mask](Vector v, float* to) HWY_ATTR { store_first(v, mask, to); });
  });
}

// to[i] += a[i]·x for rows i of a [rows × columns]. Four rows at a time: the sum of one vector's lanes is a long chain.
template <class Element>
void add_row_dots(std::int64_t rows, std::int64_t columns, const Element* a, const float* x, float* to) {
  constexpr int most = 4;
  const auto dots = [&]<int Rows>(std::int64_t row) HWY_ATTR {
    Vector sum[Rows];
    for (auto& v : sum) v = hn::Zero(Tag());
    const Element* from = a + row * columns;
    for_each_vector(
        columns,
        [&](std::int64_t k) HWY_ATTR {
          for (int i = 0; i < Rows; ++i) sum[i] = hn::MulAdd(load(from + i * columns + k), load(x + k), sum[i]);
        },
        [&](std::int64_t k, auto mask) HWY_ATTR {
          const Vector factor = load_first(mask, x + k);
          for (int i = 0; i < Rows; ++i) sum[i] = hn::MulAdd(load_first(mask, from + i * columns + k), factor, sum[i]);
        });
    for (int i = 0; i < Rows; ++i) to[row + i] += hn::GetLane(hn::SumOfLanes(Tag(), sum[i]));
  };
  std::int64_t row = 0;
  for (; row + most <= rows; row += most) dots.template operator()<most>(row);
  for (; row < rows; ++row) dots.template operator()<1>(row);
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ATTNSCOPE_PRODUCT_SUMS_INL_H_
