#include "tests/oracle/softmax.h"

#include "tests/oracle/dense_attention.h"
#include "tests/oracle/layer.h"

namespace attnscope::oracle {

Result softmax_core(const Arrays& in, bool causal) {
  // A(i): real keys, j ≤ i when causal. Padded queries see nothing, so that their output is zero.
  const auto visible = [&](std::int64_t b, std::int64_t, std::int64_t i, std::int64_t j) {
    return is_real(in, b, i) && is_real(in, b, j) && (!causal || j <= i) ? 1.0 : 0.0;
  };
  DenseResult dense = masked_softmax(in.at("q"), in.at("k"), in.at("v"), visible, in.at("d_out"));
  return {dense.output, {{"q", dense.d_q}, {"k", dense.d_k}, {"v", dense.d_v}}};
}

Result softmax_layer(const Arrays& in, std::int64_t heads, bool causal) {
  return layer(in, heads, [causal](const Arrays& inner) { return softmax_core(inner, causal); });
}

}  // namespace attnscope::oracle
