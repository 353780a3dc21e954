// Attention with a factorised kernel, forward, by the processor's products of bfloat16 pairs: float32 sums and state,
// of which products with queries see a copy rounded to bfloat16, as they do of weights inside a chunk.
#include "suite/backends/cpu/bfloat16_support.h"
#include "suite/backends/cpu/kernels.h"
#include "suite/backends/cpu/linear_attention_scratch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/linear_attention_bfloat16.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/bfloat16_pairs-inl.h"
#include "suite/backends/cpu/linear_attention_scan-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// Pairs of neighbouring rows of floats, rounded: to[p, c] = (row 2p [c], row 2p + 1 [c]); columns are whole vectors.
template <bool Native>
ATTNSCOPE_PAIRS_ATTRIBUTE HWY_NOINLINE void pair_float_rows(std::int64_t rows, std::int64_t columns, const float* from,
                                                            Word* to) {
  for (std::int64_t p = 0; p < pair_count(rows); ++p) {
    const float* even = from + 2 * p * columns;
    const bool alone = 2 * p + 1 == rows;
    for (std::int64_t c = 0; c < columns; c += lanes()) {
      const Vector odd = alone ? hn::Zero(Tag()) : load(even + columns + c);
      hn::StoreU(pair_words<Native>(load(even + c), odd), WordTag(), to + p * columns + c);
    }
  }
}
inline void pair_float_rows(std::int64_t rows, std::int64_t columns, const float* from, Word* to) {
  ATTNSCOPE_CALL_PAIRS(pair_float_rows, rows, columns, from, to);
}

class LinearPairsForward : LinearScan<BFloat16> {
 public:
  LinearPairsForward(const LinearHead<BFloat16>& head, const LinearPairsScratch& at, float* scratch)
      : LinearScan<BFloat16>(head, at, scratch),
        m_(at.m),
        d_(at.d),
        sums_of_keys_(scratch + at.sums_of_keys),
        key_sums_(scratch + at.key_sums),
        result_(scratch + at.result),
        states_(words(scratch + at.states)),
        values_(words(scratch + at.values)),
        keys_(words(scratch + at.keys)),
        queries_t_(words(scratch + at.queries_t)),
        weight_pairs_(words(scratch + at.weight_pairs)),
        a_copy_(words(scratch + at.a_copy)),
        b_copy_(words(scratch + at.b_copy)) {}

  void run() {
    std::fill_n(sums_of_keys_, h_.m * d_, 0.0f);
    std::fill_n(key_sums_, m_, 0.0f);
    if (h_.causal) return run_causal();
    for_each_chunk(0, {{h_.v, h_.d}, {h_.b, h_.m}}, [&](const Chunk& chunk, ReadAhead& ahead) {
      pair_values(chunk);
      add_keys(chunk, h_.b + chunk.first * h_.m, ahead);
    });
    for (std::int64_t r = 0; r < h_.m; ++r) std::copy_n(sums_of_keys_ + r * d_, h_.d, h_.state + r * h_.d);
    std::copy_n(key_sums_, h_.m, h_.state + h_.m * h_.d);
    pair_float_rows(h_.m, d_, sums_of_keys_, states_);
    for_each_chunk(0, {{h_.a, h_.m}, {h_.out, h_.d}}, [&](const Chunk& chunk, ReadAhead& ahead) {
      std::fill_n(sums_, chunk.count, 0.0f);
      multiply_state(chunk, h_.a + chunk.first * h_.m, false, ahead);
      write_rows(chunk);
    });
  }

 private:
  static Word* words(float* at) { return reinterpret_cast<Word*>(at); }

  void run_causal() {
    for_each_chunk(0, {{h_.a, h_.m}, {h_.b, h_.m}, {h_.v, h_.d}, {h_.out, h_.d}},
                   [&](const Chunk& chunk, ReadAhead& ahead) {
                     const BFloat16 *a = h_.a + chunk.first * h_.m, *b = h_.b + chunk.first * h_.m;
                     pair_values(chunk);
                     multiply_inside(chunk, a, b, ahead);
                     if (chunk.first > 0) {
                       pair_float_rows(h_.m, d_, sums_of_keys_, states_);
                       multiply_state(chunk, scaled_from_before(chunk, a, h_.m, reinterpret_cast<BFloat16*>(features_)),
                                      true, ahead);
                     }
                     write_rows(chunk);
                     if (chunk.end() == h_.n) return;
                     rescale_sums(chunk);
                     add_keys(chunk, scaled_to_end(chunk, b, h_.m, reinterpret_cast<BFloat16*>(features_)), ahead);
                   });
  }

  void pair_values(const Chunk& chunk) const {
    pair_rows(chunk.count, h_.d, h_.v + chunk.first * h_.d, h_.d, values_, d_);
  }
  // The state += bᵀ·[v | 1].
  void add_keys(const Chunk& chunk, const BFloat16* keys, ReadAhead& ahead) const {
    constexpr Word ones = 0x3f803f80;
    const std::int64_t pairs = pair_count(chunk.count);
    pair_rows(chunk.count, h_.m, keys, h_.m, keys_, m_);
    multiply_pairs(h_.m, d_, pairs, keys_, {1, m_}, values_, d_, sums_of_keys_, d_, true, ahead);
    multiply_pairs(1, m_, pairs, &ones, {0, 0}, keys_, m_, key_sums_, m_, true);
  }
  void rescale_sums(const Chunk& chunk) const {
    if (h_.log_scale == nullptr || chunk.first == 0) return;
    const float factor = factor_between(chunk.first - 1, chunk.end() - 1);
    if (factor == 1) return;
    scale(h_.m * d_, sums_of_keys_, factor);
    scale(m_, key_sums_, factor);
  }

  // result_ = or += queries·state, and sums_ likewise.
  void multiply_state(const Chunk& chunk, const BFloat16* queries, bool accumulate, ReadAhead& ahead) const {
    add_row_dots(chunk.count, h_.m, queries, key_sums_, sums_);
    const WordRows rows = word_rows(chunk.count, h_.m, queries, h_.m, a_copy_);
    multiply_pairs(chunk.count, d_, pair_count(h_.m), rows.data, rows.steps, states_, d_, result_, d_, accumulate,
                   ahead);
  }

  // result_ = W·v and sums_ = the row sums of W, over the keys of the chunk.
  void multiply_inside(const Chunk& chunk, const BFloat16* a, const BFloat16* b, ReadAhead& ahead) const {
    constexpr std::int64_t most = 2 * tile_rows;
    const std::int64_t width = h_.width;
    pair_columns_transposed(chunk.count, h_.m, a, h_.m, queries_t_, width);
    const WordRows keys = word_rows(chunk.count, h_.m, b, h_.m, b_copy_);
    for (std::int64_t j = 0; j < chunk.count; j += most) {
      const std::int64_t column = j / 16 * 16;
      multiply_pairs(std::min(most, chunk.count - j), width - column, pair_count(h_.m), keys.data + j * keys.steps.row,
                     keys.steps, queries_t_ + column, width, weights_ + j * width + column, width, false, ahead);
    }
    finish_weights(chunk, weights_);
    sum_keys(chunk.count, weights_, width, sums_);
    pair_float_rows(chunk.count, width, weights_, weight_pairs_);
    for (std::int64_t i = 0; i < chunk.count; i += most) {
      const std::int64_t rows = std::min(most, chunk.count - i);
      multiply_pairs(rows, d_, pair_count(i + rows), weight_pairs_ + i, {1, width}, values_, d_, result_ + i * d_, d_,
                     false, ahead);
    }
  }

  void write_rows(const Chunk& chunk) const {
    finish_denominators(chunk);
    for (std::int64_t i = 0; i < chunk.count; ++i) {
      convert_scaled(h_.d, result_ + i * d_, h_.out + (chunk.first + i) * h_.d, factors_[i]);
    }
  }

  std::int64_t m_, d_;  // padded to whole vectors
  float *sums_of_keys_, *key_sums_, *result_;
  Word *states_, *values_, *keys_, *queries_t_, *weight_pairs_, *a_copy_, *b_copy_;
};

void linear_pairs_forward_head(const ops::LinearAttentionArgs& args, std::int64_t head, float* scratch) {
  const LinearHead<BFloat16> operands(args, head);
  LinearPairsForward(operands, LinearPairsScratch(args), scratch).run();
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <omp.h>

namespace attnscope::backends::cpu {

HWY_EXPORT(linear_pairs_forward_head);

bool multiplies_pairs(const ops::LinearAttentionArgs& args) {
  return args.a.dtype() == tensor::DType::bf16 && uses_bfloat16_products();
}

void linear_attention_of_pairs(const ops::LinearAttentionArgs& args, float* workspace, int threads) {
  const std::int64_t scratch = LinearPairsScratch(args).layout.used();
#pragma omp parallel for num_threads(threads) schedule(dynamic)
  for (std::int64_t head = 0; head < args.a.shape()[0] * args.a.shape()[1]; ++head) {
    HWY_DYNAMIC_DISPATCH(linear_pairs_forward_head)(args, head, workspace + omp_get_thread_num() * scratch);
  }
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
