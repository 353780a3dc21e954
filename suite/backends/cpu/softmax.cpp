// Row softmax of materialised scores, in place.
//
// In bfloat16 weights are rounded once, behind their normalisation: those of the first elements wait in float32, those
// of the others are computed again.
#include <algorithm>
#include <limits>
#include <type_traits>

#include "suite/backends/cpu/elements.h"
#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/softmax.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();
constexpr std::int64_t most_beside = 16384;  // floats: 64 KiB of a second-level cache

// exp(factor·(x − max)) / Σ over `count` scores; a row of −inf becomes zero.
template <class Element>
void softmax_row(Element* row, std::int64_t count, float factor) {
  const float highest = maximum(count, row);
  if (highest == minus_infinity) {
    std::fill_n(row, count, Element(0.0f));
    return;
  }
  const Vector shift = hn::Set(Tag(), highest), scale_vector = hn::Set(Tag(), factor);
  const auto weight = [=](Vector score) HWY_ATTR { return exponential(hn::Mul(hn::Sub(score, shift), scale_vector)); };
  // Where weights wait for their sum: in the row, or beside it in front of those that are computed again.
  constexpr bool in_place = std::is_same_v<Element, float>;
  HWY_ALIGN float beside[in_place ? 1 : most_beside];
  float* const weights = in_place ? reinterpret_cast<float*>(row) : beside;
  const std::int64_t kept = in_place ? count : std::min(count, most_beside);
  Vector total = hn::Zero(Tag());
  for_each_vector(
      kept,
      [&](std::int64_t i) HWY_ATTR {
        const Vector w = weight(load(row + i));
        store(w, weights + i);
        total = hn::Add(total, w);
      },
      [&](std::int64_t i, auto mask) HWY_ATTR {
        const Vector w = weight(load_first(mask, row + i));
        store_first(w, mask, weights + i);
        total = hn::Add(total, hn::IfThenElseZero(mask, w));
      });
  for_each_vector(
      count - kept, [&](std::int64_t i) HWY_ATTR { total = hn::Add(total, weight(load(row + kept + i))); },
      [&](std::int64_t i, auto mask)
          HWY_ATTR { total = hn::Add(total, hn::IfThenElseZero(mask, weight(load_first(mask, row + kept + i)))); });
  const Vector share = hn::Set(Tag(), 1 / hn::GetLane(hn::SumOfLanes(Tag(), total)));
  transform(
      kept, row, [=](Vector w) HWY_ATTR { return hn::Mul(w, share); }, static_cast<const float*>(weights));
  transform(
      count - kept, row + kept, [=](Vector score) HWY_ATTR { return hn::Mul(weight(score), share); },
      static_cast<const Element*>(row + kept));
}

// Hidden scores of rows [first, last) become zero.
template <class Element>
void softmax_rows_of(const ops::SoftmaxArgs& args, std::int64_t first, std::int64_t last) {
  const auto& s = args.scores.shape();
  const float* mask = elements_or_null<float>(args.key_mask);
  for (std::int64_t index = first; index < last; ++index) {
    const std::int64_t i = index % s[2];
    Element* row = args.scores.data<Element>() + index * s[3];
    const std::int64_t visible = args.causal ? std::clamp<std::int64_t>(i + s[3] - s[2] + 1, 0, s[3]) : s[3];
    if (mask != nullptr) {
      const float* keys = mask + index / (s[1] * s[2]) * s[3];
      for (std::int64_t j = 0; j < visible; ++j) {
        if (keys[j] == 0) row[j] = Element(minus_infinity);
      }
    }
    softmax_row(row, visible, static_cast<float>(args.scale));
    std::fill(row + visible, row + s[3], Element(0.0f));
  }
}

template <class Element>
void softmax_backward_rows_of(const ops::SoftmaxBackwardArgs& args, std::int64_t first, std::int64_t last) {
  const std::int64_t columns = args.probabilities.shape()[3];
  const Vector factor = hn::Set(Tag(), static_cast<float>(args.scale));
  for (std::int64_t index = first; index < last; ++index) {
    const Element* p = args.probabilities.data<Element>() + index * columns;
    Element* g = args.gradient.data<Element>() + index * columns;
    const Vector delta = hn::Set(Tag(), dot(columns, p, g));
    update(columns, g, p, [&](Vector gradient, Vector probability) HWY_ATTR {
      return hn::Mul(hn::Mul(probability, hn::Sub(gradient, delta)), factor);
    });
  }
}

void softmax_rows(const ops::SoftmaxArgs& args, std::int64_t first, std::int64_t last) {
  with_element_of(args.scores, [&]<class E>(E) { softmax_rows_of<E>(args, first, last); });
}

void softmax_backward_rows(const ops::SoftmaxBackwardArgs& args, std::int64_t first, std::int64_t last) {
  with_element_of(args.gradient, [&]<class E>(E) { softmax_backward_rows_of<E>(args, first, last); });
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
