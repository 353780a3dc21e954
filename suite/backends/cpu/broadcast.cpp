// Elementwise sums and products with a broadcast operand.
//
// A tensor of rank 4 is cut into runs: trailing axes along which the broadcast operand b either moves with the tensor,
// so that a run is two vectors, or stays, so that it is a vector and a number.
#include <algorithm>
#include <array>

#include "suite/backends/cpu/elements.h"
#include "suite/backends/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/broadcast.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/vector-inl.h"

#ifndef ATTNSCOPE_CPU_BROADCAST_SHARED
#define ATTNSCOPE_CPU_BROADCAST_SHARED

namespace attnscope::backends::cpu {

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

}  // namespace attnscope::backends::cpu
#endif  // ATTNSCOPE_CPU_BROADCAST_SHARED

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// y = a + b or a ⊙ b over `count` elements; b is one number when it stays.
template <class Element, class Other>
void combine(ops::Broadcast kind, const Element* a, const Other* b, bool stays, Element* y, std::int64_t count) {
  const auto add = [](Vector v, Vector w) HWY_ATTR { return hn::Add(v, w); };
  const auto multiply = [](Vector v, Vector w) HWY_ATTR { return hn::Mul(v, w); };
  const auto run = [&](auto&& function) HWY_ATTR {
    if (!stays) return transform(count, y, function, a, b);
    const Vector number = hn::Set(Tag(), static_cast<float>(*b));
    transform(
        count, y, [&](Vector v) HWY_ATTR { return function(v, number); }, a);
  };
  kind == ops::Broadcast::add ? run(add) : run(multiply);
}

// y = a + b or a ⊙ b over elements [first, last) of a and y. Runs are often short: what they are made of is asked once.
template <class Element, class Other>
void combine_runs(const ops::BroadcastArgs& args, const Runs& runs, std::int64_t first, std::int64_t last) {
  const auto* a = args.a.data<Element>();
  const auto* b = args.b.data<Other>();
  auto* y = args.y.data<Element>();
  // Pieces may begin and end inside a run: there may be only one.
  while (first < last) {
    const std::int64_t inside = first % runs.length;
    const std::int64_t count = std::min(runs.length - inside, last - first);
    const std::int64_t start = runs.start(first / runs.length, [](int) { return true; }).b + (runs.stays ? 0 : inside);
    combine(args.kind, a + first, b + start, runs.stays, y + first, count);
    first += count;
  }
}

void combine_range(const ops::BroadcastArgs& args, const Runs& runs, std::int64_t first, std::int64_t last) {
  with_element_of(args.a, [&]<class E>(E) {
    with_element_of(args.b, [&]<class B>(B) { combine_runs<E, B>(args, runs, first, last); });
  });
}

// sums += gradient (⊙ factor) over a run.
template <class Element>
void accumulate(const Element* gradient, const Element* factor, float* sums, std::int64_t count) {
  if (factor == nullptr) {
    add_scaled(count, sums, gradient, 1);
  } else {
    transform(
        count, sums, [](Vector total, Vector g, Vector f) HWY_ATTR { return hn::MulAdd(g, f, total); },
        static_cast<const float*>(sums), gradient, factor);
  }
}

// Elements of d_b that belong to runs [first, last), counted over the axes along which b moves: each run, or number
// where b stays, becomes the sum of the gradient (⊙ factor) over all runs that b serves.
template <class Element, class Result>
void sum_runs(const ops::BroadcastAdjointArgs& args, const Runs& runs, std::int64_t first, std::int64_t last) {
  const auto served = [&](int axis) { return runs.serves(axis); };
  const auto kept = [&](int axis) { return !runs.serves(axis); };
  const std::int64_t count = runs.count(served);
  const auto* gradient = args.gradient.data<Element>();
  const auto* factor = elements_or_null<Element>(args.factor);
  for (std::int64_t i = first; i < last; ++i) {
    const Runs::Start to = runs.start(i, kept);
    Result* d_b = args.d_b.data<Result>() + to.b;
    const auto for_each_served = [&](auto&& visit) HWY_ATTR {
      for (std::int64_t run = 0; run < count; ++run) visit(to.x + runs.start(run, served).x);
    };
    if (runs.stays) {
      float total = 0;
      for_each_served([&](std::int64_t x) HWY_ATTR {
        total += factor != nullptr ? dot(runs.length, gradient + x, factor + x) : sum(runs.length, gradient + x);
      });
      *d_b = Result(total);
      continue;
    }
    sum_by_strips(runs.length, d_b, 1, [&](float* sums, std::int64_t column, std::int64_t columns) HWY_ATTR {
      for_each_served([&](std::int64_t x) HWY_ATTR {
        accumulate(gradient + x + column, factor != nullptr ? factor + x + column : nullptr, sums, columns);
      });
    });
  }
}

void sum_range(const ops::BroadcastAdjointArgs& args, const Runs& runs, std::int64_t first, std::int64_t last) {
  with_element_of(args.gradient, [&]<class E>(E) {
    with_element_of(args.d_b, [&]<class B>(B) { sum_runs<E, B>(args, runs, first, last); });
  });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "suite/backends/cpu/parallel.h"

namespace attnscope::backends::cpu {

HWY_EXPORT(combine_range);
HWY_EXPORT(sum_range);

void broadcast(const ops::BroadcastArgs& args, int threads) {
  const Runs runs(args.y.shape(), args.b.shape());
  parallel_ranges(args.y.elements(), 1, threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(combine_range)(args, runs, first, last);
  });
}

void broadcast_adjoint(const ops::BroadcastAdjointArgs& args, int threads) {
  const Runs runs(args.gradient.shape(), args.d_b.shape());
  const std::int64_t served = runs.count([&](int axis) { return runs.serves(axis); });
  const std::int64_t kept = runs.count([&](int axis) { return !runs.serves(axis); });
  parallel_ranges(kept, served * runs.length, threads, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(sum_range)(args, runs, first, last);
  });
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
