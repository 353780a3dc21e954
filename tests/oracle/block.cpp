#include "tests/oracle/block.h"

#include <cmath>
#include <numbers>

namespace attnscope::oracle {
namespace {

Var gelu(const Var& x) {
  const double slope = std::sqrt(2.0 / std::numbers::pi);
  return 0.5 * x * (1.0 + tanh(slope * (x + 0.044715 * x * x * x)));
}

}  // namespace

VarArray residual(const VarArrays& in, const std::string& norm, const std::string& name, const VarArray& x,
                  const Sublayer& sublayer) {
  require_one_of(norm, {"pre", "post", "branch"});
  const auto normalised = [&](const VarArray& y) {
    return layer_norm(y, in.at(name + "_gain"), in.at(name + "_shift"), 1e-5);
  };
  if (norm == "pre") return x + sublayer(normalised(x));
  if (norm == "post") return normalised(x + sublayer(x));
  return x + normalised(sublayer(x));
}

VarArray feed_forward(const VarArrays& in, const VarArray& x) {
  VarArray hidden = affine(x, in.at("ff_w_1"), in.at("ff_b_1"));
  for (Var& value : hidden.values) value = gelu(value);
  return affine(hidden, in.at("ff_w_2"), in.at("ff_b_2"));
}

VarArray block(const VarArrays& in, const std::string& norm, const Sublayer& layer) {
  const VarArray attended = residual(in, norm, "norm_attention", in.at("x"), layer);
  return zero_padding(in,
                      residual(in, norm, "norm_ff", attended, [&](const VarArray& x) { return feed_forward(in, x); }));
}

Result softmax_block(const Arrays& in, std::int64_t heads, bool causal, const std::string& norm) {
  return differentiate_output(in, {}, [&](const VarArrays& arrays) {
    return block(arrays, norm, [&](const VarArray& x) {
      VarArrays inner = arrays;
      inner["x"] = x;
      return attention_layer(inner, heads, [&](const VarArrays& of_heads) {
        return self_attention(of_heads, of_heads.at("q"), of_heads.at("k"), of_heads.at("v"),
                              [&](auto, auto, auto i, auto j) { return !causal || j <= i ? 1.0 : 0.0; });
      });
    });
  });
}

}  // namespace attnscope::oracle
