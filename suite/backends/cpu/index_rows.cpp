// Rows moved by indices held in tensors. Which row comes next is known long before it is needed, and no processor
// guesses it: rows are asked for ahead of time.
#include "suite/backends/reference/index_rows.h"

#include "suite/backends/cpu/elements.h"
#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/index_rows.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

constexpr std::int64_t rows_ahead = 8, cache_line = 64;  // bytes

// Calls visit(i, row) for rows[i], 0 ≤ i < count, having asked for rows of `width` elements at `at`.
template <class Element, class Visit>
HWY_INLINE void for_each_index(const float* rows, std::int64_t count, const Element* at, std::int64_t width,
                               Visit&& visit) {
  for (std::int64_t i = 0; i < count; ++i) {
    if (i + rows_ahead < count) {
      const Element* next = at + std::max<std::int64_t>(0, static_cast<std::int64_t>(rows[i + rows_ahead])) * width;
      for (std::int64_t c = 0; c < width; c += cache_line / sizeof(Element)) hwy::Prefetch(next + c);
    }
    visit(i, static_cast<std::int64_t>(rows[i]));
  }
}

// y[i] = x[rows[i]], rows of `width` elements; zero where the index is negative.
template <class Element>
void gather(const Element* x, const float* rows, Element* y, std::int64_t count, std::int64_t width) {
  if (width == 1) {
    for (std::int64_t i = 0; i < count; ++i) y[i] = rows[i] < 0 ? Element(0.0f) : x[static_cast<std::int64_t>(rows[i])];
    return;
  }
  for_each_index(rows, count, x, width, [=](std::int64_t i, std::int64_t row) HWY_ATTR {
    Element* to = y + i * width;
    if (row < 0) {
      std::fill_n(to, width, Element(0.0f));
    } else {
      convert_elements(width, x + row * width, to);
    }
  });
}

// x[rows[i]] += y[i] for indices that are not negative.
template <class Element>
void scatter_add(const Element* y, const float* rows, float* x, std::int64_t count, std::int64_t width) {
  if (width == 1) {
    for (std::int64_t i = 0; i < count; ++i) {
      if (rows[i] >= 0) x[static_cast<std::int64_t>(rows[i])] += static_cast<float>(y[i]);
    }
    return;
  }
  for_each_index(rows, count, x, width, [=](std::int64_t i, std::int64_t row) HWY_ATTR {
    if (row < 0) return;
    update(width, x + row * width, y + i * width, [](Vector sum, Vector v) HWY_ATTR { return hn::Add(sum, v); });
  });
}

void gather_head(const Tensor& x, const Tensor& index, const Tensor& y, std::int64_t head) {
  const auto& s = y.shape();
  with_element_of(y, [&]<class E>(E) {
    gather(x.data<E>() + head * x.shape()[2] * s[3], reference::index_of_head<float>(index, s, head),
           y.data<E>() + head * s[2] * s[3], s[2], s[3]);
  });
}

void scatter_add_head(const Tensor& y, const Tensor& index, const Tensor& x, std::int64_t head) {
  const auto& s = y.shape();
  const std::int64_t elements = x.shape()[2] * s[3];
  float* sums = x.data<float>() + head * elements;
  std::fill_n(sums, elements, 0.0f);
  with_element_of(y, [&]<class E>(E) {
    scatter_add(y.data<E>() + head * s[2] * s[3], reference::index_of_head<float>(index, s, head), sums, s[2], s[3]);
  });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "suite/backends/cpu/parallel.h"

namespace attnscope::backends::cpu {

HWY_EXPORT(gather_head);
HWY_EXPORT(scatter_add_head);

void gather_by_index(const Tensor& x, const Tensor& index, const Tensor& y, int threads) {
  const auto& s = y.shape();
  parallel_ranges(s[0] * s[1], s[2] * s[3], threads, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t head = first; head < last; ++head) HWY_DYNAMIC_DISPATCH(gather_head)(x, index, y, head);
  });
}

void scatter_add_by_index(const Tensor& y, const Tensor& index, const Tensor& x, int threads) {
  const auto& s = y.shape();
  parallel_ranges(s[0] * s[1], (s[2] + x.shape()[2]) * s[3], threads, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t head = first; head < last; ++head) HWY_DYNAMIC_DISPATCH(scatter_add_head)(y, index, x, head);
  });
}

void reciprocal_counts(const Tensor& index, double epsilon, const Tensor& r) {
  reference::reciprocal_counts<float>(index, epsilon, r);
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
