// Sums and maxima over axes. The order in which terms meet depends on shapes alone: results are the same in every run.
//
//   result(o, fold of source(i) over all i of x that share the output o)
//
// A fold is a value with a State and
//   State start()                       of no terms
//   void take(State&, float, place)     one more term; place counts the terms of an output
//   State joined(State, State)          of two sets of terms
//   State from_lane(State, distance)    what the lane at this distance in the warp's numbers has (__shfl_xor_sync)
// a source has load(float (&)[width], i), and a result is called with an output's number and its state. Few outputs of
// many terms are summed up in splits: first a block's share of the terms each, then the splits.
#pragma once

#include <algorithm>
#include <cstdint>

#include "suite/backends/cuda/alternating_axes.h"
#include "suite/backends/cuda/launch.h"
#include "suite/backends/cuda/pack.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

struct SumFold {
  using State = float;
  __device__ State start() const { return 0; }
  __device__ void take(State& sum, float value, std::int64_t) const { sum += value; }
  __device__ State joined(State a, State b) const { return a + b; }
  __device__ State from_lane(State sum, int distance) const { return __shfl_xor_sync(whole_warp, sum, distance); }
};

template <class Element>
struct Values {
  const Element* x;
  template <int width>
  __device__ void load(float (&values)[width], std::int64_t i) const {
    load_widened(values, x + i);
  }
};
template <class Element>
struct Products {
  const Element *x, *factor;
  template <int width>
  __device__ void load(float (&values)[width], std::int64_t i) const {
    float factors[width];
    load_widened(values, x + i);
    load_widened(factors, factor + i);
    ATTNSCOPE_UNROLLED
    for (int j = 0; j < width; ++j) values[j] *= factors[j];
  }
};

// Partial sums of a split, see fold_axes.
struct StorePartial {
  float* partial;  // [splits, outputs]
  std::int64_t outputs;
  __device__ void operator()(std::int64_t output, float sum) const {
    partial[static_cast<std::int64_t>(blockIdx.y) * outputs + output] = sum;
  }
};

template <class Out>
struct StoreScaled {
  Out* y;
  float factor;
  __device__ void operator()(std::int64_t output, float sum) const { y[output] = narrow<Out>(sum * factor); }
};

// Goes through terms [·, extent] from `first` in steps of `stride` terms, without a division a step.
class TermWalk {
 public:
  std::int64_t outer = 0, inner;
  __device__ TermWalk(unsigned first, unsigned stride, std::int64_t extent)
      : inner(first), inner_step_(stride), extent_(extent) {
    const auto small = static_cast<unsigned>(extent);
    if (extent <= first) {
      outer = first / small;
      inner = first % small;
    }
    if (extent <= stride) {
      outer_step_ = stride / small;
      inner_step_ = stride % small;
    }
  }
  __device__ void advance() {
    outer += outer_step_;
    inner += inner_step_;
    if (inner >= extent_) {
      inner -= extent_;
      ++outer;
    }
  }

 private:
  std::int64_t outer_step_ = 0, inner_step_, extent_;
};

// Of a block: more where there are fewer blocks than multiprocessors.
inline constexpr int fold_threads = 256, most_fold_threads = 1024;

// The innermost axis is the outputs' own. Of a block's threads, 2^lanes_exponent stand side by side, each for `width`
// neighbouring outputs; the groups behind each other share the terms of the split.
template <int width, class Fold, class Source, class Result>
__global__ void fold_across_kernel(const AlternatingAxes axes, std::int64_t terms_of_split, int lanes_exponent,
                                   const Fold fold, const Source source, const Result result) {
  using State = typename Fold::State;
  ATTNSCOPE_SHARED(State, shared_states);  // [threads, width]
  const int thread = static_cast<int>(threadIdx.x), lanes = 1 << lanes_exponent;
  const int groups = static_cast<int>(blockDim.x) >> lanes_exponent, group = thread >> lanes_exponent;
  const std::int64_t packs = axes.own[1] / width;
  const std::int64_t pack = static_cast<std::int64_t>(blockIdx.x) * lanes + (thread & (lanes - 1));
  const bool exists = pack < axes.own[0] * packs;
  const std::int64_t outer = pack / packs, column = pack % packs * width;

  State states[width];
  ATTNSCOPE_UNROLLED
  for (int i = 0; i < width; ++i) states[i] = fold.start();
  if (exists) {
    const std::int64_t first = outer * axes.shared[1] * axes.own[1] + column;
    const std::int64_t outer_step = axes.own[0] * axes.shared[1] * axes.own[1];
    const std::int64_t begin = blockIdx.y * terms_of_split;
    const std::int64_t end = min(begin + terms_of_split, axes.shared[0] * axes.shared[1]);
    TermWalk term(static_cast<unsigned>(begin) + group, groups, axes.shared[1]);
    ATTNSCOPE_UNROLLED_BY_4
    for (std::int64_t place = begin + group; place < end; place += groups) {
      float values[width];
      source.load(values, first + term.outer * outer_step + term.inner * axes.own[1]);
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < width; ++i) fold.take(states[i], values[i], place);
      term.advance();
    }
  }
  // Groups join in pairs. Each hands its states over once, so that no place is written again.
  State* mine = shared_states + thread * width;
  for (int half = groups / 2; half > 0; half /= 2) {
    if (group >= half && group < 2 * half) {
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < width; ++i) mine[i] = states[i];
    }
    __syncthreads();
    if (group < half) {
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < width; ++i) states[i] = fold.joined(states[i], mine[half * lanes * width + i]);
    }
  }
  if (group > 0 || !exists) return;
  ATTNSCOPE_UNROLLED
  for (int i = 0; i < width; ++i) result(outer * axes.own[1] + column + i, states[i]);
}

// The innermost axis is shared, and terms are packs along it. 2^lanes_exponent threads share those of one output and
// one split: part of a warp, a warp, or several.
template <int width, class Fold, class Source, class Result>
__global__ void fold_along_kernel(const AlternatingAxes axes, std::int64_t terms_of_split, int lanes_exponent,
                                  const Fold fold, const Source source, const Result result) {
  using State = typename Fold::State;
  ATTNSCOPE_SHARED(State, shared_states);  // [warps]
  const int thread = static_cast<int>(threadIdx.x), lanes = 1 << lanes_exponent, lane = thread & (lanes - 1);
  const int groups = static_cast<int>(blockDim.x) >> lanes_exponent;
  const std::int64_t output = static_cast<std::int64_t>(blockIdx.x) * groups + (thread >> lanes_exponent);
  const bool exists = output < axes.own[0] * axes.own[1];

  State states[width];
  ATTNSCOPE_UNROLLED
  for (int i = 0; i < width; ++i) states[i] = fold.start();
  if (exists) {
    const std::int64_t outer = output / axes.own[1], inner = output % axes.own[1];
    const std::int64_t first = (outer * axes.shared[0] * axes.own[1] + inner) * axes.shared[1];
    const std::int64_t outer_step = axes.own[1] * axes.shared[1];
    const std::int64_t packs = axes.shared[1] / width, begin = blockIdx.y * terms_of_split;
    const std::int64_t end = min(begin + terms_of_split, axes.shared[0] * packs);
    TermWalk term(static_cast<unsigned>(begin) + lane, lanes, packs);
    ATTNSCOPE_UNROLLED_BY_4
    for (std::int64_t t = begin + lane; t < end; t += lanes) {
      float values[width];
      source.load(values, first + term.outer * outer_step + term.inner * width);
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < width; ++i) fold.take(states[i], values[i], t * width + i);
      term.advance();
    }
  }
  State state = states[0];
  ATTNSCOPE_UNROLLED
  for (int i = 1; i < width; ++i) state = fold.joined(state, states[i]);
  for (int distance = min(lanes, lanes_per_warp) / 2; distance > 0; distance /= 2) {
    state = fold.joined(state, fold.from_lane(state, distance));
  }
  if (lanes > lanes_per_warp) {
    const int warp = thread / lanes_per_warp;
    if (thread % lanes_per_warp == 0) shared_states[warp] = state;
    __syncthreads();
    if (lane == 0) {
      for (int other = 1; other < lanes / lanes_per_warp; ++other) {
        state = fold.joined(state, shared_states[warp + other]);
      }
    }
  }
  if (lane == 0 && exists) result(output, state);
}

// Packs of `width` must begin at every multiple of the innermost extent. The result of split s is called by blocks with
// the y index s.
template <int width, class Fold, class Source, class Result>
void fold_axes(Device& device, const AlternatingAxes& axes, const Fold& fold, const Source& source,
               const Result& result, std::int64_t splits = 1) {
  const std::int64_t outputs = axes.own[0] * axes.own[1];
  if (outputs == 0) return;
  const std::int64_t all_terms = axes.shared[0] * axes.shared[1] / (axes.innermost_is_shared ? width : 1);
  const std::int64_t terms = ceiling_of_quotient(all_terms, splits);                           // of a split
  const std::int64_t multiprocessors = ceiling_of_quotient(device.multiprocessors(), splits);  // for a split
  const std::int64_t enough_threads = multiprocessors * 2048;
  int lanes_exponent = 0, threads = fold_threads;
  if (axes.innermost_is_shared) {
    // Half as many lanes as there are packs; more than a warp where outputs are few, more than 256 where they are
    // fewer.
    while ((1 << lanes_exponent) < most_fold_threads && (2 << lanes_exponent) < terms &&
           ((1 << lanes_exponent) < lanes_per_warp || outputs << lanes_exponent < enough_threads) &&
           ((1 << lanes_exponent) < fold_threads || outputs < multiprocessors)) {
      ++lanes_exponent;
    }
    threads = std::max(threads, 1 << lanes_exponent);
    launch(device,
           {{ceiling_of_quotient(outputs, threads >> lanes_exponent), splits},
            threads,
            static_cast<std::size_t>(threads / lanes_per_warp) * sizeof(typename Fold::State)},
           fold_along_kernel<width, Fold, Source, Result>, axes, terms, lanes_exponent, fold, source, result);
    return;
  }
  // As few groups as keep the device busy, of at least 32 bytes side by side, which is what memory is read in, and 8
  // terms each.
  const std::int64_t packs = outputs / width;
  constexpr int least_lanes = std::max(2, 8 / width);
  int lanes = threads;
  while (lanes > least_lanes && packs * (threads / lanes) < enough_threads && threads / lanes * 8 <= terms) lanes /= 2;
  while ((1 << lanes_exponent) < lanes) ++lanes_exponent;
  const std::int64_t blocks = ceiling_of_quotient(packs, lanes);
  if (blocks < multiprocessors && most_fold_threads / lanes * 8 <= terms) threads = most_fold_threads;
  launch(device, {{blocks, splits}, threads, static_cast<std::size_t>(threads * width) * sizeof(typename Fold::State)},
         fold_across_kernel<width, Fold, Source, Result>, axes, terms, lanes_exponent, fold, source, result);
}

// Sums, in as many splits as the workspace has room for: see sum_workspace().
template <int width, class Source, class Result>
void sum_axes(Device& device, const AlternatingAxes& axes, const Source& source, const Result& result,
              const tensor::Tensor& workspace) {
  constexpr std::int64_t most_terms = 1 << 30;  // that a split can begin behind
  if (!workspace.defined() || axes.shared[0] * axes.shared[1] > most_terms) {
    return fold_axes<width>(device, axes, SumFold{}, source, result);
  }
  const std::int64_t outputs = axes.own[0] * axes.own[1];
  const std::int64_t splits = workspace.bytes() / (outputs * static_cast<std::int64_t>(sizeof(float)));
  float* partial = workspace.data<float>();
  fold_axes<width>(device, axes, SumFold{}, source, StorePartial{partial, outputs}, splits);
  const bool single = outputs == 1;
  const AlternatingAxes of_partial{.own = {1, outputs}, .shared = {1, splits}, .innermost_is_shared = single};
  with_pack_width<float>(common_divisor(place_of(partial), single ? splits : outputs), [&](auto width_of_partial) {
    fold_axes<width_of_partial()>(device, of_partial, SumFold{}, Values<float>{partial}, result);
  });
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
