// How the backward pass of attention is shared out among threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <omp.h>

#include "suite/ops/backend.h"

namespace attnscope::backends::cpu {

// Calls visit(example, head, thread) for every head. One head, one thread: dK and dV of a head are sums over all of its
// query blocks, and their order stays fixed. Gradients of relative keys, float32, become zero first; they are sums over
// the examples too, so that then one thread takes a head of all examples.
template <class Visit>
void parallel_heads_backward(const ops::AttentionBackwardArgs& args, int threads, Visit&& visit) {
  const std::int64_t batch = args.forward.q.shape()[0], heads = args.forward.q.shape()[1];
  std::int64_t examples = 1;  // of one head that a thread takes
  for (const ops::KeySetGradients& set : args.sets) {
    if (!set.d_relative_keys.defined()) continue;
    std::fill_n(set.d_relative_keys.data<float>(), set.d_relative_keys.elements(), 0.0f);
    examples = batch;
  }
#pragma omp parallel for num_threads(threads) schedule(dynamic)
  for (std::int64_t index = 0; index < batch * heads / examples; ++index) {
    for (std::int64_t b = index / heads; b < index / heads + examples; ++b) {
      visit(b, index % heads, omp_get_thread_num());
    }
  }
}

}  // namespace attnscope::backends::cpu
