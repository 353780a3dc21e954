// Sums along an axis, f32: tensors are [outer, extent, inner], worked on in columns of many lines at once,
// or along the lines where these are contiguous (inner 1).
#include <algorithm>

#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/reduce.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

float sum_line(const float* x, std::int64_t count) { return sum(count, x); }

// y = share·Σ over `extent` rows of `count` elements, `step` apart.
void sum_columns(const float* x, std::int64_t extent, std::int64_t step, float* y, std::int64_t count, float share) {
  std::copy_n(x, count, y);
  for (std::int64_t i = 1; i < extent; ++i) add_scaled(count, y, x + i * step, 1);
  if (share != 1) scale(count, y, share);
}

// to = from + previous
void add_rows(const float* from, const float* previous, float* to, std::int64_t count) {
  transform(
      count, to, [](Vector v, Vector w) HWY_ATTR { return hn::Add(v, w); }, from, previous);
}

float sum_of_squares(const float* x, std::int64_t count) { return dot(count, x, x); }

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "suite/backends/cpu/parallel.h"

namespace attnscope::backends::cpu {
namespace {

HWY_EXPORT(sum_line);
HWY_EXPORT(sum_columns);
HWY_EXPORT(add_rows);
HWY_EXPORT(sum_of_squares);

void sum_or_mean(const ops::ReduceArgs& args, int threads) {
  const auto& s = args.x.shape();
  const float share = args.kind == ops::Reduction::mean ? 1 / static_cast<float>(s[1]) : 1;
  if (s[2] == 1) {
    parallel_ranges(s[0], s[1], threads, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t o = first; o < last; ++o) {
        args.y.data<float>()[o] = share * HWY_DYNAMIC_DISPATCH(sum_line)(args.x.data<float>() + o * s[1], s[1]);
      }
    });
    return;
  }
  parallel_columns(s[0], s[1], s[2], threads, [&](std::int64_t o, std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(sum_columns)
    (args.x.data<float>() + o * s[1] * s[2] + first, s[1], s[2], args.y.data<float>() + o * s[2] + first, last - first,
     share);
  });
}

}  // namespace

void reduce(const ops::ReduceArgs& args, int threads) {
  return args.kind == ops::Reduction::maximum ? maximum(args, threads) : sum_or_mean(args, threads);
}

void spread(const Tensor& y, const Tensor& index, const Tensor& x, int threads) {
  const auto& s = x.shape();
  parallel_ranges(s[0], s[1] * s[2], threads, [&](std::int64_t first, std::int64_t last) {
    std::fill(x.data<float>() + first * s[1] * s[2], x.data<float>() + last * s[1] * s[2], 0.0f);
    for (std::int64_t i = first * s[2]; i < last * s[2]; ++i) {
      const auto place = static_cast<std::int64_t>(index.data<float>()[i]);
      x.data<float>()[(i / s[2] * s[1] + place) * s[2] + i % s[2]] = y.data<float>()[i];
    }
  });
}

void cumulative_sum(const Tensor& x, const Tensor& y, bool backwards, int threads) {
  const auto& s = x.shape();
  const std::int64_t step = backwards ? -s[2] : s[2];
  parallel_columns(s[0], s[1], s[2], threads, [&](std::int64_t o, std::int64_t first, std::int64_t last) {
    const std::int64_t begin = (o * s[1] + (backwards ? s[1] - 1 : 0)) * s[2] + first;
    const float* from = x.data<float>() + begin;
    float* to = y.data<float>() + begin;
    std::copy_n(from, last - first, to);
    for (std::int64_t i = 1; i < s[1]; ++i) {
      if (last - first == 1) {  // a line of its own: no vector to fill
        to[i * step] = from[i * step] + to[(i - 1) * step];
      } else {
        HWY_DYNAMIC_DISPATCH(add_rows)(from + i * step, to + (i - 1) * step, to + i * step, last - first);
      }
    }
  });
}

// One thread and pieces in a fixed order: the sum is the same in every run.
void mean_square(const Tensor& x, const Tensor& y) {
  constexpr std::int64_t piece = 4096;
  double sum = 0;
  for (std::int64_t first = 0; first < x.elements(); first += piece) {
    sum += HWY_DYNAMIC_DISPATCH(sum_of_squares)(x.data<float>() + first, std::min(piece, x.elements() - first));
  }
  *y.data<float>() = static_cast<float>(sum / static_cast<double>(x.elements()));
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
