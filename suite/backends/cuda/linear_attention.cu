// Attention with a factorised kernel, forward: den_i = a_i·Σ_j b_j (+ …), out_i = (Σ_j (a_i·b_j) v_j)/den_i. The sums
// of denominators are one more column of v, whose elements are 1.
#include <algorithm>

#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/linear_attention.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

// Causal: the least number of whole chunks that hold at least 64 positions is taken as one, for a state takes longer to
// move than so few products to compute. Bidirectional: as many parts as fill the device, of at least 256 positions.
LinearSizes::LinearSizes(const Device& device, const ops::LinearAttentionArgs& args)
    : heads(args.a.shape()[0] * args.a.shape()[1]),
      n(args.a.shape()[2]),
      m(args.a.shape()[3]),
      d(args.v.shape()[3]),
      causal(args.causal) {
  constexpr std::int64_t least_chunk = 64, least_part = 256;
  if (causal) {
    chunk = std::max<std::int64_t>(args.chunk, 1);
    chunk *= ceiling_of_quotient(least_chunk, chunk);
  } else {
    using Tile = LinearStateTile;
    const std::int64_t tiles =
        heads * ceiling_of_quotient(m, Tile::features) * ceiling_of_quotient(d + 1, Tile::columns);
    const std::int64_t parts = std::clamp<std::int64_t>(4 * device.multiprocessors() / std::max<std::int64_t>(tiles, 1),
                                                        1, ceiling_of_quotient(n, least_part));
    chunk = std::max<std::int64_t>(ceiling_of_quotient(ceiling_of_quotient(n, parts), Tile::depth), 1) * Tile::depth;
  }
  chunks = ceiling_of_quotient(n, chunk);
  states = causal ? std::max<std::int64_t>(chunks - 1, 0) : chunks;
}

std::int64_t linear_attention_workspace(const Device& device, const ops::LinearAttentionArgs& args) {
  const LinearSizes sizes(device, args);
  if (!sizes.causal && sizes.states == 1) return 0;
  return sizes.all_states() * static_cast<std::int64_t>(sizeof(float));
}

void linear_attention(Device& device, const ops::LinearAttentionArgs& args, const Tensor& workspace,
                      Float32Products products) {
  with_linear_passes(device, args, products, [&]<class Element>(const auto& passes, Element) {
    const auto a = linear_rows<Element>(args.a), b = linear_rows<Element>(args.b);
    const auto v = linear_rows<Element>(args.v, true);
    const LinearDenominator denominator{args.den.data<float>(), static_cast<float>(args.epsilon),
                                        static_cast<float>(args.stabiliser)};
    float* const states = elements_or_null<float>(workspace);
    const std::int64_t columns = v.columns();
    if (args.causal) {
      passes.scan_states(false, b, v, states);
      passes.template rows_of_chunks<true>(false, a, b, v, {states, columns, 1}, args.out, denominator);
    } else {
      passes.sum_state(b, v, states, args.state.data<float>());
      passes.template rows_of_state<true>(a, v, {args.state.data<float>(), columns, 1}, args.out, denominator);
    }
  });
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
