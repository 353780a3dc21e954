// Attention with a factorised kernel, backward. With g_i = [dO_i/den_i | −(dO_i·O_i)/den_i] and v_j followed by 1,
//   da_i = Σ_j (g_i·v_j) b_j,  db_j = Σ_i (v_j·g_i) a_i,  dv_j = Σ_i (b_j·a_i) g_i without its last element:
// each is what the forward pass computes, of other rows, the last two over the queries that see a key.
#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/linear_attention.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

std::int64_t linear_attention_backward_workspace(const Device& device, const ops::LinearAttentionBackwardArgs& args) {
  const LinearSizes sizes(device, args.forward);
  return (sizes.all_states() + sizes.heads * sizes.n) * static_cast<std::int64_t>(sizeof(float));
}

void linear_attention_backward(Device& device, const ops::LinearAttentionBackwardArgs& args, const Tensor& workspace,
                               Float32Products products) {
  const ops::LinearAttentionArgs& forward = args.forward;
  with_linear_passes(device, forward, products, [&]<class Element>(const auto& passes, Element) {
    const LinearSizes& s = passes.sizes();
    float* const states = workspace.data<float>();
    float* const lasts = states + s.all_states();
    float* const reciprocals = forward.den.data<float>();  // from here on
    launch(device, LaunchSize{{ceiling_of_quotient(s.heads * s.n, 8)}, 8 * lanes_per_warp, 0},
           linear_row_gradients_kernel<Element>, s.heads * s.n, s.d,
           static_cast<const Element*>(args.d_out.data<Element>()),
           static_cast<const Element*>(forward.out.data<Element>()), reciprocals, lasts);

    const auto a = linear_rows<Element>(forward.a), b = linear_rows<Element>(forward.b);
    const auto v = linear_rows<Element>(forward.v, true);
    const auto g = linear_rows<Element>(args.d_out, true, reciprocals, lasts);
    const std::int64_t columns = v.columns();
    if (forward.causal) {
      passes.scan_states(false, b, v, states);
      passes.rows_of_chunks(false, g, v, b, {states, 1, columns}, args.d_a);
      passes.scan_states(true, a, g, states);
      passes.rows_of_chunks(true, v, g, a, {states, 1, columns}, args.d_b);
      passes.rows_of_chunks(true, b, a, g, {states, columns, 1}, args.d_v);
    } else {
      passes.rows_of_state(g, b, {forward.state.data<float>(), 1, columns}, args.d_a);
      passes.sum_state(a, g, states, states);
      passes.rows_of_state(v, a, {states, 1, columns}, args.d_b);
      passes.rows_of_state(b, g, {states, columns, 1}, args.d_v);
    }
  });
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
