#include "tests/oracle/sparse_transformer.h"

#include <algorithm>
#include <cstdlib>

#include "tests/oracle/var_attention.h"

namespace attnscope::oracle {
namespace {

void check(const SparseTransformerOptions& options) {
  require_one_of(options.kind, {"fixed", "strided"});
  require_one_of(options.heads, {"merged", "multi_head", "interleaved"});
  require_one_of(options.local_keys, {"paper", "openai"});
  require_one_of(options.summary_columns, {"paper", "lra"});
}

std::int64_t stride(const SparseTransformerOptions& options, std::int64_t n) {
  return options.stride != 0 ? options.stride : ceil_sqrt(n);
}

// A¹, without the condition j ≤ i
bool is_near(const SparseTransformerOptions& options, std::int64_t l, std::int64_t i, std::int64_t j) {
  if (options.kind == "fixed") return i / l == j / l;
  return std::abs(i - j) <= (options.local_keys == "paper" ? l : l - 1);
}

// j mod l ∈ {l−c … l−1}, or head h's own {l−(h+1)c … l−hc−1}
bool is_summary(const SparseTransformerOptions& options, std::int64_t l, std::int64_t h, std::int64_t j) {
  const std::int64_t c = std::min(options.summary, l), residue = j % l;
  const std::int64_t slice = options.distinct_summaries ? h % (l / c) : 0;
  const bool in_slice = l - (slice + 1) * c <= residue && residue < l - slice * c;
  return in_slice || (options.summary_columns == "lra" && residue == 0);
}

// A², without the condition j ≤ i
bool is_far(const SparseTransformerOptions& options, std::int64_t l, std::int64_t h, std::int64_t i, std::int64_t j) {
  return options.kind == "fixed" ? is_summary(options, l, h, j) : std::abs(i - j) % l == 0;
}

bool sees(const SparseTransformerOptions& options, std::int64_t l, std::int64_t h, std::int64_t i, std::int64_t j) {
  if (options.causal && j > i) return false;
  if (options.heads == "merged") return is_near(options, l, i, j) || is_far(options, l, h, i, j);
  const std::int64_t set = options.heads == "multi_head" ? h % 2 : options.layer % 2;
  return set == 0 ? is_near(options, l, i, j) : is_far(options, l, h, i, j);
}

VarArray core(const VarArrays& in, const SparseTransformerOptions& options) {
  check(options);
  const std::int64_t l = stride(options, in.at("q").extent(2));
  return self_attention(in, in.at("q"), in.at("k"), in.at("v"),
                        [&](auto, auto h, auto i, auto j) { return sees(options, l, h, i, j) ? 1.0 : 0.0; });
}

}  // namespace

Result sparse_transformer_core(const Arrays& in, const SparseTransformerOptions& options) {
  return differentiate_output(in, {}, [&](const VarArrays& arrays) { return core(arrays, options); });
}

Result sparse_transformer_layer(const Arrays& in, std::int64_t heads, const SparseTransformerOptions& options) {
  return differentiate_output(in, {}, [&](const VarArrays& arrays) {
    return attention_layer(arrays, heads, [&](const VarArrays& inner) { return core(inner, options); });
  });
}

}  // namespace attnscope::oracle
