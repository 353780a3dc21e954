// Rows moved by indices held in tensors, f32. Which row comes next is known long before it is needed, and no processor
// guesses it: rows are asked for ahead of time.
#include "suite/backends/reference/index_rows.h"

#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/index_rows.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

constexpr std::int64_t rows_ahead = 8, cache_line = 16;  // floats

// Calls visit(i, row) for rows[i], 0 ≤ i < count, having asked for rows of `width` elements at `at`.
template <class Visit>
HWY_INLINE void for_each_index(const float* rows, std::int64_t count, const float* at, std::int64_t width,
                               Visit&& visit) {
  for (std::int64_t i = 0; i < count; ++i) {
    if (i + rows_ahead < count) {
      const float* next = at + std::max<std::int64_t>(0, static_cast<std::int64_t>(rows[i + rows_ahead])) * width;
      for (std::int64_t c = 0; c < width; c += cache_line) hwy::Prefetch(next + c);
    }
    visit(i, static_cast<std::int64_t>(rows[i]));
  }
}

// y[i] = x[rows[i]], rows of `width` elements; zero where the index is negative.
void gather(const float* x, const float* rows, float* y, std::int64_t count, std::int64_t width) {
  if (width == 1) {
    for (std::int64_t i = 0; i < count; ++i) y[i] = rows[i] < 0 ? 0 : x[static_cast<std::int64_t>(rows[i])];
    return;
  }
  for_each_index(rows, count, x, width, [=](std::int64_t i, std::int64_t row) HWY_ATTR {
    float* to = y + i * width;
    if (row < 0) {
      std::fill_n(to, width, 0.0f);
    } else {
      transform(
          width, to, [](Vector v) HWY_ATTR { return v; }, x + row * width);
    }
  });
}

// x[rows[i]] += y[i] for indices that are not negative.
void scatter_add(const float* y, const float* rows, float* x, std::int64_t count, std::int64_t width) {
  if (width == 1) {
    for (std::int64_t i = 0; i < count; ++i) {
      if (rows[i] >= 0) x[static_cast<std::int64_t>(rows[i])] += y[i];
    }
    return;
  }
  for_each_index(rows, count, x, width, [=](std::int64_t i, std::int64_t row) HWY_ATTR {
    if (row < 0) return;
    update(width, x + row * width, y + i * width, [](Vector sum, Vector v) HWY_ATTR { return hn::Add(sum, v); });
  });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "suite/backends/cpu/parallel.h"

namespace attnscope::backends::cpu {

HWY_EXPORT(gather);
HWY_EXPORT(scatter_add);

void gather_by_index(const Tensor& x, const Tensor& index, const Tensor& y, int threads) {
  const auto& s = y.shape();
  const std::int64_t n = x.shape()[2];
  parallel_ranges(s[0] * s[1], s[2] * s[3], threads, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t head = first; head < last; ++head) {
      HWY_DYNAMIC_DISPATCH(gather)
      (x.data<float>() + head * n * s[3], reference::index_of_head<float>(index, s, head),
       y.data<float>() + head * s[2] * s[3], s[2], s[3]);
    }
  });
}

void scatter_add_by_index(const Tensor& y, const Tensor& index, const Tensor& x, int threads) {
  const auto& s = y.shape();
  const std::int64_t n = x.shape()[2];
  parallel_ranges(s[0] * s[1], (s[2] + n) * s[3], threads, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t head = first; head < last; ++head) {
      float* sums = x.data<float>() + head * n * s[3];
      std::fill_n(sums, n * s[3], 0.0f);
      HWY_DYNAMIC_DISPATCH(scatter_add)
      (y.data<float>() + head * s[2] * s[3], reference::index_of_head<float>(index, s, head), sums, s[2], s[3]);
    }
  });
}

void reciprocal_counts(const Tensor& index, double epsilon, const Tensor& r) {
  reference::reciprocal_counts<float>(index, epsilon, r);
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
