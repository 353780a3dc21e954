// Attention with a factorised kernel, bidirectional and chunked causal, forward. One head per task.
#include "suite/backends/cpu/elements.h"
#include "suite/backends/cpu/kernels.h"
#include "suite/backends/cpu/linear_attention_scratch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/linear_attention.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/linear_attention_scan-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

template <class Element>
class LinearForward : LinearScan<Element> {
  using Scan = LinearScan<Element>;
  using Scan::h_, Scan::state_, Scan::features_, Scan::weights_, Scan::sums_, Scan::factors_, Scan::out_rows_;

 public:
  LinearForward(const LinearHead<Element>& head, const LinearScratch& at, float* scratch) : Scan(head, at, scratch) {}

  void run() {
    float* state = h_.causal ? state_ : h_.state;
    std::fill_n(state, h_.m * (h_.d + 1), 0.0f);
    if (h_.causal) {
      run_causal(state);
    } else {
      run_bidirectional(state);
    }
  }

 private:
  void run_bidirectional(float* state) {
    this->for_each_chunk(of_keys | of_values, {{h_.v, h_.d}, {h_.b, h_.m}},
                         [&](const Chunk& chunk, ReadAhead& ahead) { add_keys(state, chunk, chunk.b, ahead); });
    this->for_each_chunk(of_queries, {{h_.a, h_.m}, {h_.out, h_.d}}, [&](const Chunk& chunk, ReadAhead& ahead) {
      std::fill_n(sums_, chunk.count, 0.0f);
      add_row_dots(chunk.count, h_.m, chunk.a, state + h_.m * h_.d, sums_);
      write_rows(chunk, ahead, Product{h_.m, chunk.a, {h_.m, 1}, state, h_.d});
    });
  }

  void run_causal(float* state) {
    this->for_each_chunk(of_queries | of_keys | of_values, {{h_.a, h_.m}, {h_.b, h_.m}, {h_.v, h_.d}, {h_.out, h_.d}},
                         [&](const Chunk& chunk, ReadAhead& ahead) {
                           this->fill_weights(chunk, ahead);
                           sum_keys(chunk.count, weights_, h_.width, sums_);
                           const Product inside{chunk.count, weights_, {1, h_.width}, chunk.v, h_.d, Inner::until_row};
                           if (chunk.first == 0) {
                             write_rows(chunk, ahead, inside);
                           } else {
                             const float* queries = this->scaled_from_before(chunk, chunk.a, h_.m, features_);
                             add_row_dots(chunk.count, h_.m, queries, state + h_.m * h_.d, sums_);
                             write_rows(chunk, ahead, inside, Product{h_.m, queries, {h_.m, 1}, state, h_.d});
                           }
                           if (chunk.end() == h_.n) return;
                           this->rescale_state(chunk);
                           add_keys(state, chunk, this->scaled_to_end(chunk, chunk.b, h_.m, features_), ahead);
                         });
  }

  // state [m × D] += bᵀ·v and its sums [m] += Σ b.
  void add_keys(float* state, const Chunk& chunk, const float* keys, ReadAhead& ahead) const {
    multiply(h_.m, h_.d, chunk.count, keys, {1, h_.m}, chunk.v, h_.d, state, h_.d, true, ahead);
    Scan::add_rows(chunk, keys, h_.m, &one, 0, state + h_.m * h_.d);
  }

  // out = the products' sum / den.
  template <class... Products>
  void write_rows(const Chunk& chunk, ReadAhead& ahead, const Products&... products) {
    this->finish_denominators(chunk);
    float* out = this->result_rows(chunk, h_.out, h_.d, out_rows_);
    sum_products(chunk.count, h_.d, out, h_.d, factors_, ahead, products...);
    this->finish_rows(chunk, out, h_.out, h_.d);
  }
};

void linear_forward_head(const ops::LinearAttentionArgs& args, std::int64_t head, float* scratch) {
  with_element_of(args.a, [&]<class E>(E) {
    const LinearHead<E> operands(args, head);
    LinearForward<E>(operands, LinearScratch(args), scratch).run();
  });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <omp.h>

namespace attnscope::backends::cpu {

HWY_EXPORT(linear_forward_head);

std::int64_t linear_attention_workspace(const ops::LinearAttentionArgs& args, int threads) {
  const ScratchLayout layout = multiplies_pairs(args) ? LinearPairsScratch(args).layout : LinearScratch(args).layout;
  return threads * layout.used();
}

void linear_attention(const ops::LinearAttentionArgs& args, float* workspace, int threads) {
  if (multiplies_pairs(args)) return linear_attention_of_pairs(args, workspace, threads);
  const std::int64_t scratch = LinearScratch(args).layout.used();
#pragma omp parallel for num_threads(threads) schedule(dynamic)
  for (std::int64_t head = 0; head < args.a.shape()[0] * args.a.shape()[1]; ++head) {
    HWY_DYNAMIC_DISPATCH(linear_forward_head)(args, head, workspace + omp_get_thread_num() * scratch);
  }
}

}  // namespace attnscope::backends::cpu
#endif  // HWY_ONCE
