// Layer norm and root-mean-square norm. See ops::Backend for the equations.
#include <algorithm>
#include <cmath>

#include "suite/backends/cpu/elements.h"
#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/normalize.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

HWY_INLINE float sum_of_lanes(Vector x) { return hn::GetLane(hn::SumOfLanes(Tag(), x)); }

// x̂ = (x − μ)·r
struct Normal {
  Vector mean, reciprocal;
  Normal(float mean, float reciprocal) : mean(hn::Set(Tag(), mean)), reciprocal(hn::Set(Tag(), reciprocal)) {}
  HWY_INLINE Vector operator()(Vector x) const { return hn::Mul(hn::Sub(x, mean), reciprocal); }
};

// Σ(x − mean)²
template <class Element>
HWY_INLINE float square_distance(std::int64_t count, const Element* x, float mean) {
  const Vector center = hn::Set(Tag(), mean);
  Vector total = hn::Zero(Tag());
  for_each_vector(
      count,
      [&](std::int64_t i) HWY_ATTR {
        const Vector distance = hn::Sub(load(x + i), center);
        total = hn::MulAdd(distance, distance, total);
      },
      [&](std::int64_t i, auto mask) HWY_ATTR {
        const Vector distance = hn::IfThenElseZero(mask, hn::Sub(load_first(mask, x + i), center));
        total = hn::MulAdd(distance, distance, total);
      });
  return sum_of_lanes(total);
}

template <class Element>
void layer_norm_of_rows(const ops::LayerNormArgs& args, std::int64_t first, std::int64_t last) {
  const std::int64_t columns = args.x.shape()[1];
  const float share = 1 / static_cast<float>(columns);
  const auto* gain = elements_or_null<Element>(args.gain);
  const auto* shift = elements_or_null<Element>(args.shift);
  for (std::int64_t row = first; row < last; ++row) {
    const Element* x = args.x.data<Element>() + row * columns;
    Element* y = args.y.data<Element>() + row * columns;
    const float mean = share * sum(columns, x);
    const float variance = share * square_distance(columns, x, mean);
    const float reciprocal = 1 / std::sqrt(variance + static_cast<float>(args.epsilon));
    const Normal normal(mean, reciprocal);
    if (gain != nullptr && shift != nullptr) {
      const auto function = [=](Vector v, Vector g, Vector s) HWY_ATTR { return hn::MulAdd(normal(v), g, s); };
      transform(columns, y, function, x, gain, shift);
    } else if (gain != nullptr) {
      transform(
          columns, y, [=](Vector v, Vector g) HWY_ATTR { return hn::Mul(normal(v), g); }, x, gain);
    } else if (shift != nullptr) {
      transform(
          columns, y, [=](Vector v, Vector s) HWY_ATTR { return hn::Add(normal(v), s); }, x, shift);
    } else {
      transform(
          columns, y, [=](Vector v) HWY_ATTR { return normal(v); }, x);
    }
    if (args.mean.defined()) args.mean.data<float>()[row] = mean;
    if (args.reciprocal.defined()) args.reciprocal.data<float>()[row] = reciprocal;
  }
}

// Gradients of gain and shift for columns [first, last).
template <class Element>
void layer_norm_backward_of_columns(const ops::LayerNormBackwardArgs& args, std::int64_t first, std::int64_t last) {
  const std::int64_t rows = args.x.shape()[0], columns = args.x.shape()[1];
  const Element* x = args.x.data<Element>() + first;
  const Element* g = args.gradient.data<Element>() + first;
  if (args.d_shift.defined()) {
    Element* d_shift = args.d_shift.data<Element>() + first;
    sum_by_strips(last - first, d_shift, 1, [&](float* sums, std::int64_t begin, std::int64_t count) HWY_ATTR {
      for (std::int64_t row = 0; row < rows; ++row) add_scaled(count, sums, g + row * columns + begin, 1);
    });
  }
  if (!args.d_gain.defined()) return;
  Element* d_gain = args.d_gain.data<Element>() + first;
  sum_by_strips(last - first, d_gain, 1, [&](float* sums, std::int64_t begin, std::int64_t count) HWY_ATTR {
    for (std::int64_t row = 0; row < rows; ++row) {
      const Normal normal(args.mean.data<float>()[row], args.reciprocal.data<float>()[row]);
      const auto grow = [=](Vector sum, Vector gradient, Vector value)
                            HWY_ATTR { return hn::MulAdd(gradient, normal(value), sum); };
      const std::int64_t at = row * columns + begin;
      transform(count, sums, grow, static_cast<const float*>(sums), g + at, x + at);
    }
  });
}

template <class Element>
void layer_norm_backward_of_rows(const ops::LayerNormBackwardArgs& args, std::int64_t first, std::int64_t last) {
  const std::int64_t columns = args.x.shape()[1];
  const float share = 1 / static_cast<float>(columns);
  const auto* gain = elements_or_null<Element>(args.gain);
  for (std::int64_t row = first; row < last; ++row) {
    const Element* x = args.x.data<Element>() + row * columns;
    Element* g = args.gradient.data<Element>() + row * columns;
    const Normal normal(args.mean.data<float>()[row], args.reciprocal.data<float>()[row]);
    // dx̂ = dy ⊙ gain, computed twice: what is stored in between would be rounded.
    const auto upstream = [=](std::int64_t i, auto&& load_from) HWY_ATTR {
      const Vector gradient = load_from(g + i);
      return gain != nullptr ? hn::Mul(gradient, load_from(gain + i)) : gradient;
    };
    Vector total = hn::Zero(Tag()), product = hn::Zero(Tag());
    const auto add = [&](std::int64_t i, auto&& load_from) HWY_ATTR {
      // Lanes behind the end hold gradient 0: they add nothing.
      const Vector gradient = upstream(i, load_from);
      total = hn::Add(total, gradient);
      product = hn::MulAdd(gradient, normal(load_from(x + i)), product);
    };
    const auto load_whole = [](const Element* from) HWY_ATTR { return load(from); };
    for_each_vector(
        columns, [&](std::int64_t i) HWY_ATTR { add(i, load_whole); },
        [&](std::int64_t i, auto mask)
            HWY_ATTR { add(i, [mask](const Element* from) HWY_ATTR { return load_first(mask, from); }); });
    const Vector mean_gradient = hn::Set(Tag(), share * sum_of_lanes(total));
    const Vector mean_product = hn::Set(Tag(), share * sum_of_lanes(product));
    const auto result = [=](std::int64_t i, auto&& load_from) HWY_ATTR {
      const Vector centered = hn::Sub(upstream(i, load_from), mean_gradient);
      return hn::Mul(hn::NegMulAdd(normal(load_from(x + i)), mean_product, centered), normal.reciprocal);
    };
    for_each_vector(
        columns, [&](std::int64_t i) HWY_ATTR { store(result(i, load_whole), g + i); },
        [&](std::int64_t i, auto mask) HWY_ATTR {
          const auto load_rest = [mask](const Element* from) HWY_ATTR { return load_first(mask, from); };
          store_first(result(i, load_rest), mask, g + i);
        });
  }
}

template <class Element>
void rms_norm_of_rows(const ops::RmsNormArgs& args, std::int64_t first, std::int64_t last) {
  const std::int64_t columns = args.x.shape()[1];
  for (std::int64_t row = first; row < last; ++row) {
    const Element* x = args.x.data<Element>() + row * columns;
    const float mean = dot(columns, x, x) / static_cast<float>(columns);
    const float reciprocal = 1 / std::sqrt(mean + static_cast<float>(args.epsilon));
    const Vector factor = hn::Set(Tag(), reciprocal * static_cast<float>(args.factor));
    transform(
        columns, args.y.data<Element>() + row * columns, [=](Vector value) HWY_ATTR { return hn::Mul(value, factor); },
        x);
    if (args.reciprocal.defined()) args.reciprocal.data<float>()[row] = reciprocal;
  }
}

template <class Element>
void rms_norm_backward_of_rows(const ops::RmsNormBackwardArgs& args, std::int64_t first, std::int64_t last) {
  const Tag tag;
  const std::int64_t columns = args.x.shape()[1];
  for (std::int64_t row = first; row < last; ++row) {
    const Element* x = args.x.data<Element>() + row * columns;
    Element* g = args.gradient.data<Element>() + row * columns;
    const float reciprocal = args.reciprocal.data<float>()[row];
    const float mean = dot(columns, x, g) / static_cast<float>(columns);
    const Vector coefficient = hn::Set(tag, mean * reciprocal * reciprocal);
    const Vector factor = hn::Set(tag, reciprocal * static_cast<float>(args.factor));
    update(columns, g, x, [=](Vector gradient, Vector value) HWY_ATTR {
      return hn::Mul(hn::NegMulAdd(value, coefficient, gradient), factor);
    });
  }
}

void layer_norm_rows(const ops::LayerNormArgs& args, std::int64_t first, std::int64_t last) {
  with_element_of(args.x, [&]<class E>(E) { layer_norm_of_rows<E>(args, first, last); });
}

void layer_norm_backward_columns(const ops::LayerNormBackwardArgs& args, std::int64_t first, std::int64_t last) {
  with_element_of(args.x, [&]<class E>(E) { layer_norm_backward_of_columns<E>(args, first, last); });
}

void layer_norm_backward_rows(const ops::LayerNormBackwardArgs& args, std::int64_t first, std::int64_t last) {
  with_element_of(args.x, [&]<class E>(E) { layer_norm_backward_of_rows<E>(args, first, last); });
}

void rms_norm_rows(const ops::RmsNormArgs& args, std::int64_t first, std::int64_t last) {
  with_element_of(args.x, [&]<class E>(E) { rms_norm_of_rows<E>(args, first, last); });
}

void rms_norm_backward_rows(const ops::RmsNormBackwardArgs& args, std::int64_t first, std::int64_t last) {
  with_element_of(args.x, [&]<class E>(E) { rms_norm_backward_of_rows<E>(args, first, last); });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "suite/backends/cpu/parallel.h"

namespace attnscope::backends::cpu {

HWY_EXPORT(layer_norm_rows);
HWY_EXPORT(layer_norm_backward_columns);
HWY_EXPORT(layer_norm_backward_rows);
HWY_EXPORT(rms_norm_rows);
HWY_EXPORT(rms_norm_backward_rows);

void layer_norm(const ops::LayerNormArgs& args, int threads) {
  const auto& s = args.x.shape();
  parallel_ranges(s[0], s[1], threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(layer_norm_rows)(args, first, last);
  });
}

void layer_norm_backward(const ops::LayerNormBackwardArgs& args, int threads) {
  const auto& s = args.x.shape();
  parallel_columns(1, s[0], s[1], threads, [&](std::int64_t, std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(layer_norm_backward_columns)(args, first, last);
  });
  parallel_ranges(s[0], s[1], threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(layer_norm_backward_rows)(args, first, last);
  });
}

void rms_norm(const ops::RmsNormArgs& args, int threads) {
  const auto& s = args.x.shape();
  parallel_ranges(s[0], s[1], threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(rms_norm_rows)(args, first, last);
  });
}

void rms_norm_backward(const ops::RmsNormBackwardArgs& args, int threads) {
  const auto& s = args.x.shape();
  parallel_ranges(s[0], s[1], threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(rms_norm_backward_rows)(args, first, last);
  });
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
