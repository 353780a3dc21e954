#include "tests/oracle/set_transformer.h"

#include <cmath>

#include "tests/oracle/var_attention.h"

namespace attnscope::oracle {
namespace {

void check(const SetTransformerOptions& options) {
  require_one_of(options.kind, {"isab", "sab", "pma"});
  require_one_of(options.form, {"code", "paper"});
}

bool is_code(const SetTransformerOptions& options) { return options.form == "code"; }

// [q +] A(q,k,v). Keys are positions of the set, some of them padding, or rows that are all there.
enum class Keys { positions, rows };
VarArray attend(const VarArrays& in, const VarArray& q, const VarArray& k, const VarArray& v, Keys keys,
                const SetTransformerOptions& options) {
  const std::int64_t width = is_code(options) ? q.extent(1) * q.extent(3) : q.extent(3);
  const VarArray o =
      masked_attention(q, k, v, 1.0 / std::sqrt(static_cast<double>(width)),
                       [&](auto b, auto, auto, auto j) { return keys == Keys::rows || is_real(in, b, j) ? 1.0 : 0.0; });
  return is_code(options) ? q + o : o;
}

// The same x for every sequence of the batch.
VarArray for_each_sequence(const VarArray& x, std::int64_t batch) {
  VarArray repeated;
  repeated.shape = x.shape;
  repeated.shape.insert(repeated.shape.begin(), batch);
  for (std::int64_t b = 0; b < batch; ++b)
    repeated.values.insert(repeated.values.end(), x.values.begin(), x.values.end());
  return repeated;
}

VarArray core(const VarArrays& in, const SetTransformerOptions& options) {
  const VarArray &q = in.at("q"), &k = in.at("k"), &v = in.at("v");
  if (options.kind == "sab") return zero_padding(in, attend(in, q, k, v, Keys::positions, options));
  const VarArray learned = for_each_sequence(in.at(options.kind == "isab" ? "inducing" : "seed_vectors"), q.extent(0));
  const VarArray summary = attend(in, learned, k, v, Keys::positions, options);
  if (options.kind == "pma") return summary;
  return zero_padding(in, attend(in, q, summary, summary, Keys::rows, options));
}

VarArray norm(const VarArrays& in, const std::string& name, const std::string& suffix, const VarArray& x,
              const SetTransformerOptions& options) {
  if (!options.layer_norm) return x;
  return layer_norm(x, in.at(name + "_gain" + suffix), in.at(name + "_shift" + suffix), 1e-5);
}

// MAB(X,Y) with the weights of the given suffix. Code: O = Q' + A V' per head, O = LN0(O), LN1(O + relu(O W_o + b_o)).
VarArray mab(const VarArrays& in, std::int64_t heads, const std::string& suffix, const VarArray& x, const VarArray& y,
             Keys keys, const SetTransformerOptions& options) {
  const VarArray o =
      join_heads(attend(in, project_to_heads(in, "q" + suffix, x, heads), project_to_heads(in, "k" + suffix, y, heads),
                        project_to_heads(in, "v" + suffix, y, heads), keys, options));
  const VarArray with_residual = is_code(options) ? o : x + project(in, "o" + suffix, o);
  const VarArray hidden = norm(in, "norm_0", suffix, with_residual, options);
  const VarArray forward = relu(project(in, (is_code(options) ? "o" : "ff") + suffix, hidden));
  return norm(in, "norm_1", suffix, hidden + forward, options);
}

VarArray layer_output(const VarArrays& in, std::int64_t heads, const SetTransformerOptions& options) {
  const VarArray& x = in.at("x");
  if (options.kind == "sab") return zero_padding(in, mab(in, heads, "", x, x, Keys::positions, options));
  if (options.kind == "pma") {
    const VarArray seeds = for_each_sequence(in.at("seed_vectors"), x.extent(0));
    return mab(in, heads, "", seeds, x, Keys::positions, options);
  }
  const VarArray inducing = for_each_sequence(in.at("inducing"), x.extent(0));
  const VarArray summary = mab(in, heads, "_inducing", inducing, x, Keys::positions, options);
  return zero_padding(in, mab(in, heads, "", x, summary, Keys::rows, options));
}

}  // namespace

Result set_transformer_core(const Arrays& in, const SetTransformerOptions& options) {
  check(options);
  return differentiate_output(in, {}, [&](const VarArrays& arrays) { return core(arrays, options); });
}

Result set_transformer_layer(const Arrays& in, std::int64_t heads, const SetTransformerOptions& options) {
  check(options);
  return differentiate_output(in, {}, [&](const VarArrays& arrays) { return layer_output(arrays, heads, options); });
}

}  // namespace attnscope::oracle
