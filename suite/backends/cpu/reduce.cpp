// Sums along an axis: tensors are [outer, extent, inner], worked on in columns of many lines at once, or along the
// lines where these are contiguous (inner 1). or along the lines where these are contiguous (inner 1).
#include <algorithm>

#include "suite/backends/cpu/elements.h"
#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/reduce.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// y = share·Σ x over lines [first, last) of x, which are contiguous.
void sum_lines(const ops::ReduceArgs& args, float share, std::int64_t first, std::int64_t last) {
  const std::int64_t extent = args.x.shape()[1];
  with_element_of(args.x, [&]<class E>(E) HWY_ATTR {
    for (std::int64_t o = first; o < last; ++o) {
      args.y.data<E>()[o] = E(share * sum(extent, args.x.data<E>() + o * extent));
    }
  });
}

// y = share·Σ x over the rows of matrix o, columns [first, last).
void sum_columns(const ops::ReduceArgs& args, float share, std::int64_t o, std::int64_t first, std::int64_t last) {
  const std::int64_t extent = args.x.shape()[1], inner = args.x.shape()[2];
  with_element_of(args.x, [&]<class E>(E) HWY_ATTR {
    const E* x = args.x.data<E>() + o * extent * inner + first;
    E* y = args.y.data<E>() + o * inner + first;
    sum_by_strips(last - first, y, share, [&](float* sums, std::int64_t column, std::int64_t count) HWY_ATTR {
      for (std::int64_t i = 0; i < extent; ++i) add_scaled(count, sums, x + i * inner + column, 1);
    });
  });
}

// Prefix sums down `rows` rows of `columns` columns, `step` apart.
template <class Element>
void accumulate_rows(const Element* from, Element* to, std::int64_t rows, std::int64_t step, std::int64_t columns) {
  if (columns == 1) {  // a line of its own: no vector to fill
    float total = 0;
    for (std::int64_t i = 0; i < rows; ++i) {
      total += static_cast<float>(from[i * step]);
      to[i * step] = Element(total);
    }
    return;
  }
  constexpr std::int64_t strip = 256;
  HWY_ALIGN float sums[strip];
  for (std::int64_t first = 0; first < columns; first += strip) {
    const std::int64_t count = std::min(strip, columns - first);
    std::fill_n(sums, count, 0.0f);
    for (std::int64_t i = 0; i < rows; ++i) {
      add_scaled(count, sums, from + i * step + first, 1);
      convert_elements(count, sums, to + i * step + first);
    }
  }
}

// Columns [first, last) of matrix o.
void cumulative_columns(const Tensor& x, const Tensor& y, bool backwards, std::int64_t o, std::int64_t first,
                        std::int64_t last) {
  const auto& s = x.shape();
  const std::int64_t begin = (o * s[1] + (backwards ? s[1] - 1 : 0)) * s[2] + first;
  with_element_of(x, [&]<class E>(E) {
    accumulate_rows(x.data<E>() + begin, y.data<E>() + begin, s[1], backwards ? -s[2] : s[2], last - first);
  });
}

float sum_of_squares(const Tensor& x, std::int64_t first, std::int64_t count) {
  return with_element_of(x, [&]<class E>(E) HWY_ATTR { return dot(count, x.data<E>() + first, x.data<E>() + first); });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "suite/backends/cpu/parallel.h"

namespace attnscope::backends::cpu {
namespace {

HWY_EXPORT(sum_lines);
HWY_EXPORT(sum_columns);
HWY_EXPORT(cumulative_columns);
HWY_EXPORT(sum_of_squares);

void sum_or_mean(const ops::ReduceArgs& args, int threads) {
  const auto& s = args.x.shape();
  const float share = args.kind == ops::Reduction::mean ? 1 / static_cast<float>(s[1]) : 1;
  if (s[2] == 1) {
    parallel_ranges(s[0], s[1], threads, [&](std::int64_t first, std::int64_t last) {
      HWY_DYNAMIC_DISPATCH(sum_lines)(args, share, first, last);
    });
    return;
  }
  parallel_columns(s[0], s[1], s[2], threads, [&](std::int64_t o, std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(sum_columns)(args, share, o, first, last);
  });
}

template <class Element>
void spread_elements(const Element* y, const float* index, const Tensor& x, int threads) {
  const auto& s = x.shape();
  auto* to = x.data<Element>();
  parallel_ranges(s[0], s[1] * s[2], threads, [&](std::int64_t first, std::int64_t last) {
    std::fill(to + first * s[1] * s[2], to + last * s[1] * s[2], Element(0.0f));
    for (std::int64_t i = first * s[2]; i < last * s[2]; ++i) {
      const auto place = static_cast<std::int64_t>(index[i]);
      to[(i / s[2] * s[1] + place) * s[2] + i % s[2]] = y[i];
    }
  });
}

}  // namespace

void reduce(const ops::ReduceArgs& args, int threads) {
  if (args.kind != ops::Reduction::maximum) return sum_or_mean(args, threads);
  maximum(args, threads);
}

void spread(const Tensor& y, const Tensor& index, const Tensor& x, int threads) {
  with_element_of(x, [&]<class E>(E) { spread_elements(y.data<E>(), index.data<float>(), x, threads); });
}

void cumulative_sum(const Tensor& x, const Tensor& y, bool backwards, int threads) {
  const auto& s = x.shape();
  parallel_columns(s[0], s[1], s[2], threads, [&](std::int64_t o, std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(cumulative_columns)(x, y, backwards, o, first, last);
  });
}

// One thread and pieces in a fixed order: the sum is the same in every run.
void mean_square(const Tensor& x, const Tensor& y) {
  constexpr std::int64_t piece = 4096;
  double sum = 0;
  for (std::int64_t first = 0; first < x.elements(); first += piece) {
    sum += HWY_DYNAMIC_DISPATCH(sum_of_squares)(x, first, std::min(piece, x.elements() - first));
  }
  *y.data<float>() = static_cast<float>(sum / static_cast<double>(x.elements()));
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
