// One softmax over the keys of several attentions. Part a has the weight w_a = exp(LSE_a − LSE).
#include <cmath>
#include <limits>
#include <vector>

#include "suite/backends/cpu/elements.h"
#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/merge.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

constexpr float empty = -std::numeric_limits<float>::infinity();

template <class Element>
void merge_rows_of(const ops::MergeArgs& args, std::int64_t first, std::int64_t last) {
  const std::int64_t width = args.out.shape()[-1];
  const std::size_t parts = args.outs.size();
  std::vector<float> weights(parts);
  for (std::int64_t row = first; row < last; ++row) {
    float highest = empty, total = 0;
    for (const Tensor& lse : args.lses) highest = std::max(highest, lse.data<float>()[row]);
    Element* out = args.out.data<Element>() + row * width;
    if (highest == empty) {
      std::fill_n(out, width, Element(0.0f));
      args.lse.data<float>()[row] = empty;
      continue;
    }
    for (std::size_t a = 0; a < parts; ++a) total += weights[a] = std::exp(args.lses[a].data<float>()[row] - highest);
    for (float& weight : weights) weight /= total;
    const auto weighted_sum = [&](auto&& load_part) HWY_ATTR {
      Vector sum = hn::Zero(Tag());
      for (std::size_t a = 0; a < parts; ++a) {
        const Element* part = args.outs[a].data<Element>() + row * width;
        sum = hn::MulAdd(hn::Set(Tag(), weights[a]), load_part(part), sum);
      }
      return sum;
    };
    for_each_vector(
        width,
        [&](std::int64_t i)
            HWY_ATTR { store(weighted_sum([i](const Element* part) HWY_ATTR { return load(part + i); }), out + i); },
        [&](std::int64_t i, auto mask) HWY_ATTR {
          const auto rest = [i, mask](const Element* part) HWY_ATTR { return load_first(mask, part + i); };
          store_first(weighted_sum(rest), mask, out + i);
        });
    args.lse.data<float>()[row] = highest + std::log(total);
  }
}

template <class Element>
void merge_backward_rows_of(const ops::MergeBackwardArgs& args, std::int64_t first, std::int64_t last) {
  const ops::MergeArgs& forward = args.forward;
  const std::int64_t width = forward.out.shape()[-1];
  for (std::int64_t row = first; row < last; ++row) {
    const Element* upstream = args.d_out.data<Element>() + row * width;
    // Weights as in the forward pass, not by a rounded LSE; they wait where dLSE_a goes. Rows that saw no key: every
    // weight, and so every gradient, is 0.
    float highest = empty, total = 0;
    for (const Tensor& lse : forward.lses) highest = std::max(highest, lse.data<float>()[row]);
    const float shift = highest == empty ? -empty : highest;
    for (std::size_t a = 0; a < forward.lses.size(); ++a) {
      const float weight = std::exp(forward.lses[a].data<float>()[row] - shift);
      args.d_lses[a].data<float>()[row] = weight;
      total += weight;
    }
    const float reciprocal = highest == empty ? 0 : 1 / total;
    float delta = dot(width, upstream, forward.out.data<Element>() + row * width);
    if (args.d_lse.defined()) delta -= args.d_lse.data<float>()[row];
    for (std::size_t a = 0; a < forward.outs.size(); ++a) {
      const float weight = args.d_lses[a].data<float>()[row] * reciprocal;
      const Vector factor = hn::Set(Tag(), weight);
      transform(
          width, args.d_outs[a].data<Element>() + row * width, [=](Vector g) HWY_ATTR { return hn::Mul(factor, g); },
          upstream);
      const Element* part = forward.outs[a].data<Element>() + row * width;
      args.d_lses[a].data<float>()[row] = weight * (dot(width, upstream, part) - delta);
    }
  }
}

void merge_rows(const ops::MergeArgs& args, std::int64_t first, std::int64_t last) {
  with_element_of(args.out, [&]<class E>(E) { merge_rows_of<E>(args, first, last); });
}

void merge_backward_rows(const ops::MergeBackwardArgs& args, std::int64_t first, std::int64_t last) {
  with_element_of(args.d_out, [&]<class E>(E) { merge_backward_rows_of<E>(args, first, last); });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "suite/backends/cpu/parallel.h"

namespace attnscope::backends::cpu {

HWY_EXPORT(merge_rows);
HWY_EXPORT(merge_backward_rows);

void merge(const ops::MergeArgs& args, int threads) {
  const auto weight = args.out.shape()[-1] * static_cast<std::int64_t>(args.outs.size());
  parallel_ranges(args.lse.elements(), weight, threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(merge_rows)(args, first, last);
  });
}

void merge_backward(const ops::MergeBackwardArgs& args, int threads) {
  const auto weight = args.forward.out.shape()[-1] * static_cast<std::int64_t>(args.d_outs.size());
  parallel_ranges(args.forward.lse.elements(), weight, threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(merge_backward_rows)(args, first, last);
  });
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
