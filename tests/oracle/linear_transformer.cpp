#include "tests/oracle/linear_transformer.h"

#include <cmath>

#include "tests/oracle/dense_attention.h"
#include "tests/oracle/layer.h"

namespace attnscope::oracle {
namespace {

// φ(x) = x + 1 for x > 0, e^x otherwise
Array feature_map(const Array& x) {
  Array phi(x.shape);
  for (std::size_t i = 0; i < x.values.size(); ++i)
    phi.values[i] = x.values[i] > 0.0 ? x.values[i] + 1.0 : std::exp(x.values[i]);
  return phi;
}

// φ'(x) = 1 for x > 0, e^x otherwise
Array feature_map_backward(const Array& x, const Array& d_phi) {
  Array d_x(x.shape);
  for (std::size_t i = 0; i < x.values.size(); ++i)
    d_x.values[i] = d_phi.values[i] * (x.values[i] > 0.0 ? 1.0 : std::exp(x.values[i]));
  return d_x;
}

}  // namespace

Result linear_transformer_core(const Arrays& in, const LinearTransformerOptions& options) {
  const Array &q = in.at("q"), &k = in.at("k");
  const auto visible = [&](std::int64_t b, std::int64_t, std::int64_t i, std::int64_t j) {
    return is_real(in, b, i) && is_real(in, b, j) && (!options.causal || j <= i) ? 1.0 : 0.0;
  };
  const auto denominator = [&](double sum) { return sum + options.epsilon; };
  const DenseResult dense =
      kernel_attention(feature_map(q), feature_map(k), in.at("v"), visible, denominator, in.at("d_out"));
  return {dense.output,
          {{"q", feature_map_backward(q, dense.d_q)}, {"k", feature_map_backward(k, dense.d_k)}, {"v", dense.d_v}}};
}

Result linear_transformer_layer(const Arrays& in, std::int64_t heads, const LinearTransformerOptions& options) {
  return layer(in, heads, [&](const Arrays& inner) { return linear_transformer_core(inner, options); });
}

}  // namespace attnscope::oracle
