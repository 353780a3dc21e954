// Row softmax of materialised scores, in place, f32.
#include <algorithm>
#include <limits>

#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/softmax.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

// exp(factor·(x − max)) / Σ over `count` scores; a row of −inf becomes zero.
void softmax_row(float* row, std::int64_t count, float factor) {
  const Tag tag;
  Vector highest = hn::Set(tag, minus_infinity);
  const auto padding = hn::Set(tag, minus_infinity);
  for_each_vector(
      count, [&](std::int64_t i) HWY_ATTR { highest = hn::Max(highest, hn::LoadU(tag, row + i)); },
      [&](std::int64_t i, auto mask)
          HWY_ATTR { highest = hn::Max(highest, hn::IfThenElse(mask, load_first(mask, row + i), padding)); });
  const float maximum = hn::GetLane(hn::MaxOfLanes(tag, highest));
  if (maximum == minus_infinity) {
    std::fill_n(row, count, 0.0f);
    return;
  }
  const Vector shift = hn::Set(tag, maximum);
  const Vector scale_vector = hn::Set(tag, factor);
  Vector total = hn::Zero(tag);
  for_each_vector(
      count,
      [&](std::int64_t i) HWY_ATTR {
        const Vector weight = exponential(hn::Mul(hn::Sub(hn::LoadU(tag, row + i), shift), scale_vector));
        hn::StoreU(weight, tag, row + i);
        total = hn::Add(total, weight);
      },
      [&](std::int64_t i, auto mask) HWY_ATTR {
        const Vector weight = exponential(hn::Mul(hn::Sub(load_first(mask, row + i), shift), scale_vector));
        store_first(weight, mask, row + i);
        total = hn::Add(total, hn::IfThenElseZero(mask, weight));
      });
  scale(count, row, 1 / hn::GetLane(hn::SumOfLanes(tag, total)));
}

// Row i of matrix `matrix`: hidden scores become zero.
void softmax_rows(const ops::SoftmaxArgs& args, std::int64_t first, std::int64_t last) {
  const auto& s = args.scores.shape();
  const float* mask = args.key_mask.defined() ? args.key_mask.data<float>() : nullptr;
  for (std::int64_t index = first; index < last; ++index) {
    const std::int64_t i = index % s[2];
    float* row = args.scores.data<float>() + index * s[3];
    const std::int64_t visible = args.causal ? std::clamp<std::int64_t>(i + s[3] - s[2] + 1, 0, s[3]) : s[3];
    if (mask != nullptr) {
      const float* keys = mask + index / (s[1] * s[2]) * s[3];
      for (std::int64_t j = 0; j < visible; ++j) {
        if (keys[j] == 0) row[j] = minus_infinity;
      }
    }
    softmax_row(row, visible, static_cast<float>(args.scale));
    std::fill(row + visible, row + s[3], 0.0f);
  }
}

void softmax_backward_rows(const ops::SoftmaxBackwardArgs& args, std::int64_t first, std::int64_t last) {
  const std::int64_t columns = args.probabilities.shape()[3];
  const Vector factor = hn::Set(Tag(), static_cast<float>(args.scale));
  for (std::int64_t index = first; index < last; ++index) {
    const float* p = args.probabilities.data<float>() + index * columns;
    float* g = args.gradient.data<float>() + index * columns;
    const Vector delta = hn::Set(Tag(), dot(columns, p, g));
    update(columns, g, p, [&](Vector gradient, Vector probability) HWY_ATTR {
      return hn::Mul(hn::Mul(probability, hn::Sub(gradient, delta)), factor);
    });
  }
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "suite/backends/cpu/parallel.h"

namespace attnscope::backends::cpu {

HWY_EXPORT(softmax_rows);
HWY_EXPORT(softmax_backward_rows);

void softmax(const ops::SoftmaxArgs& args, int threads) {
  parallel_ranges(args.scores.elements() / args.scores.shape()[3], args.scores.shape()[3], threads,
                  [&](std::int64_t first, std::int64_t last) {
                    HWY_DYNAMIC_DISPATCH(softmax_rows)(args, first, last);
                  });
}

void softmax_backward(const ops::SoftmaxBackwardArgs& args, int threads) {
  parallel_ranges(args.gradient.elements() / args.gradient.shape()[3], args.gradient.shape()[3], threads,
                  [&](std::int64_t first, std::int64_t last) {
                    HWY_DYNAMIC_DISPATCH(softmax_backward_rows)(args, first, last);
                  });
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
