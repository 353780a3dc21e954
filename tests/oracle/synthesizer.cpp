#include "tests/oracle/synthesizer.h"

#include "tests/oracle/var_attention.h"

namespace attnscope::oracle {
namespace {

using Score = std::function<Var(std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t j)>;

// softmax(S) V over real keys, j ≤ i when causal.
VarArray attend(const VarArrays& in, const Score& score, const SynthesizerOptions& options) {
  const VarArray& v = in.at("v");
  VarArray output(v.shape);
  for (std::int64_t b = 0; b < v.extent(0); ++b)
    for (std::int64_t h = 0; h < v.extent(1); ++h)
      for (std::int64_t i = 0; i < v.extent(2); ++i) {
        std::vector<SeenKey> keys;
        for (std::int64_t j = 0; j < v.extent(2); ++j) {
          if (!is_real(in, b, i) || !is_real(in, b, j) || (options.causal && j > i)) continue;
          keys.push_back({score(b, h, i, j), row(v, b, h, j)});
        }
        softmax_row(keys, row(output, b, h, i));
      }
  return output;
}

// From hidden = relu(x W_1 + b_1), [B,H,N,D].
VarArray dense(const VarArrays& in, const VarArray& hidden, const SynthesizerOptions& options) {
  const VarArray scores = project_per_head(hidden, in.at("w2"), in.at("b2"));
  return attend(
      in, [&](auto b, auto h, auto i, auto j) { return scores(b, h, i, j); }, options);
}

VarArray factorised_dense(const VarArrays& in, const VarArray& hidden, const SynthesizerOptions& options) {
  const VarArray a = project_per_head(hidden, in.at("w_a"), in.at("b_a"));
  const VarArray b = project_per_head(hidden, in.at("w_b"), in.at("b_b"));
  const std::int64_t n_a = a.extent(3);
  const auto score = [&](auto s, auto h, auto i, auto j) { return a(s, h, i, j % n_a) * b(s, h, i, j / n_a); };
  return attend(in, score, options);
}

VarArray random(const VarArrays& in, const SynthesizerOptions& options) {
  const VarArray& scores = in.at("scores");
  return attend(
      in, [&](auto, auto h, auto i, auto j) { return scores(h, i, j); }, options);
}

VarArray factorised_random(const VarArrays& in, const SynthesizerOptions& options) {
  const VarArray &left = in.at("scores_left"), &right = in.at("scores_right");
  return attend(
      in, [&](auto, auto h, auto i, auto j) { return dot(row(left, h, i), row(right, h, j)); }, options);
}

VarArray mixture(const VarArrays& in, const SynthesizerOptions& options) {
  const VarArray &q = in.at("q"), &k = in.at("k"), &scores = in.at("scores");
  const auto score = [&](auto b, auto h, auto i, auto j) {
    const Var share = sigmoid(in.at("mix")(h, 0, 0));
    return (1.0 - share) * head_scale(q) * dot(row(q, b, h, i), row(k, b, h, j)) + share * scores(h, i, j);
  };
  return attend(in, score, options);
}

VarArray core(const VarArrays& in, const SynthesizerOptions& options) {
  if (options.kind == "dense") return dense(in, relu(project_per_head(in.at("q"), in.at("w1"), in.at("b1"))), options);
  if (options.kind == "factorised_dense") return factorised_dense(in, in.at("q"), options);
  if (options.kind == "random") return random(in, options);
  if (options.kind == "factorised_random") return factorised_random(in, options);
  return mixture(in, options);
}

VarArray layer_output(const VarArrays& in, std::int64_t heads, const SynthesizerOptions& options) {
  const VarArray& x = in.at("x");
  if (options.kind == "mixture")
    return attention_layer(in, heads, [&](const VarArrays& inner) { return core(inner, options); });
  VarArrays inner = in;
  inner["v"] = project_to_heads(in, "v", x, heads);
  VarArray o;
  if (options.kind == "dense") {
    o = dense(inner, split_heads(relu(affine(x, in.at("w1"), in.at("b1"))), heads), options);
  } else if (options.kind == "factorised_dense") {
    o = factorised_dense(inner, project_to_heads(in, "s", x, heads), options);
  } else {
    o = core(inner, options);
  }
  return zero_padding(in, project(in, "o", join_heads(o)));
}

void check(const SynthesizerOptions& options) {
  require_one_of(options.kind, {"dense", "random", "factorised_dense", "factorised_random", "mixture"});
}

}  // namespace

Result synthesizer_core(const Arrays& in, const SynthesizerOptions& options) {
  check(options);
  return differentiate_output(in, {}, [&](const VarArrays& arrays) { return core(arrays, options); });
}

Result synthesizer_layer(const Arrays& in, std::int64_t heads, const SynthesizerOptions& options) {
  check(options);
  return differentiate_output(in, {}, [&](const VarArrays& arrays) { return layer_output(arrays, heads, options); });
}

}  // namespace attnscope::oracle
