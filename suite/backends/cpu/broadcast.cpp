// Elementwise sums and products with a broadcast operand, f32.
//
// A tensor of rank 4 is cut into runs: trailing axes along which the broadcast operand b either moves with the tensor,
// so that a run is two vectors, or stays, so that it is a vector and a number.
#include <algorithm>
#include <array>

#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/broadcast.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// y = a + b or a ⊙ b over `count` elements; b is one number when it stays.
void combine_run(ops::Broadcast kind, const float* a, const float* b, bool stays, float* y, std::int64_t count) {
  const auto add = [](Vector v, Vector w) HWY_ATTR { return hn::Add(v, w); };
  const auto multiply = [](Vector v, Vector w) HWY_ATTR { return hn::Mul(v, w); };
  const auto run = [&](auto&& function) HWY_ATTR {
    if (!stays) return transform(count, y, function, a, b);
    const Vector number = hn::Set(Tag(), *b);
    transform(
        count, y, [&](Vector v) HWY_ATTR { return function(v, number); }, a);
  };
  kind == ops::Broadcast::add ? run(add) : run(multiply);
}

// d_b += gradient (⊙ factor) over a run; their sum when b stays.
void accumulate_run(const float* gradient, const float* factor, bool stays, float* d_b, std::int64_t count) {
  if (stays) {
    *d_b += factor != nullptr ? dot(count, gradient, factor) : sum(count, gradient);
  } else if (factor == nullptr) {
    add_scaled(count, d_b, gradient, 1);
  } else {
    transform(
        count, d_b, [](Vector total, Vector g, Vector f) HWY_ATTR { return hn::MulAdd(g, f, total); }, d_b, gradient,
        factor);
  }
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "suite/backends/cpu/parallel.h"

namespace attnscope::backends::cpu {
namespace {

HWY_EXPORT(combine_run);
HWY_EXPORT(accumulate_run);

struct Runs {
  bool stays = true;        // along a run b is one number
  std::int64_t length = 1;  // elements of a run
  int axes = 4;             // axes in front of the runs
  std::array<std::int64_t, 4> extent{}, step{}, b_step{};

  Runs(const tensor::Shape& shape, const tensor::Shape& b) {
    std::int64_t elements = 1, b_elements = 1;
    for (int axis = 3; axis >= 0; --axis) {
      extent[axis] = shape[axis];
      step[axis] = elements;
      b_step[axis] = b[axis] == 1 ? 0 : b_elements;
      elements *= shape[axis];
      b_elements *= b[axis];
    }
    while (axes > 0 && joins(axes - 1)) length *= extent[--axes];
  }

  bool serves(int axis) const { return b_step[axis] == 0; }

  struct Start {
    std::int64_t x = 0, b = 0;
  };
  // Where run `index` starts, counted over those axes in front for which `counts(axis)` holds.
  template <class Counts>
  Start start(std::int64_t index, Counts&& counts) const {
    Start result;
    for (int axis = axes - 1; axis >= 0; --axis) {
      if (!counts(axis)) continue;
      const std::int64_t i = index % extent[axis];
      index /= extent[axis];
      result.x += i * step[axis];
      result.b += i * b_step[axis];
    }
    return result;
  }
  template <class Counts>
  std::int64_t count(Counts&& counts) const {
    std::int64_t product = 1;
    for (int axis = 0; axis < axes; ++axis) product *= counts(axis) ? extent[axis] : 1;
    return product;
  }

 private:
  // Whether the axis continues the runs behind it; one of extent 1 always does.
  bool joins(int axis) {
    if (extent[axis] == 1) return true;
    if (length == 1) stays = serves(axis);
    return stays == serves(axis);
  }
};

}  // namespace

void broadcast(const ops::BroadcastArgs& args, int threads) {
  const Runs runs(args.y.shape(), args.b.shape());
  // Pieces may begin and end inside a run: there may be only one.
  parallel_ranges(args.y.elements(), 1, threads, [&](std::int64_t first, std::int64_t last) {
    while (first < last) {
      const std::int64_t inside = first % runs.length;
      const std::int64_t count = std::min(runs.length - inside, last - first);
      const std::int64_t b = runs.start(first / runs.length, [](int) { return true; }).b + (runs.stays ? 0 : inside);
      HWY_DYNAMIC_DISPATCH(combine_run)
      (args.kind, args.a.data<float>() + first, args.b.data<float>() + b, runs.stays, args.y.data<float>() + first,
       count);
      first += count;
    }
  });
}

void broadcast_adjoint(const ops::BroadcastAdjointArgs& args, int threads) {
  const Runs runs(args.gradient.shape(), args.d_b.shape());
  const auto served = [&](int axis) { return runs.serves(axis); };
  const auto kept = [&](int axis) { return !runs.serves(axis); };
  const std::int64_t sums = runs.count(served);
  const float* factor = args.factor.defined() ? args.factor.data<float>() : nullptr;
  parallel_ranges(runs.count(kept), sums * runs.length, threads, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
      const Runs::Start to = runs.start(i, kept);
      float* d_b = args.d_b.data<float>() + to.b;
      std::fill_n(d_b, runs.stays ? 1 : runs.length, 0.0f);
      for (std::int64_t j = 0; j < sums; ++j) {
        const std::int64_t x = to.x + runs.start(j, served).x;
        HWY_DYNAMIC_DISPATCH(accumulate_run)
        (args.gradient.data<float>() + x, factor != nullptr ? factor + x : nullptr, runs.stays, d_b, runs.length);
      }
    }
  });
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
