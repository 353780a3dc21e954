// What the oracles written in differentiable arithmetic (autodiff.h) share: projections, heads, padding, the softmax
// over the keys that a query sees, layer norm.
//
// Shapes: x [B,N,E]; q, k, v [B,H,N,D], E = H·D. b counts sequences, h heads, i queries, j keys.
#pragma once

#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "tests/oracle/autodiff.h"

namespace attnscope::oracle {

// The last axis of x at the given other indices.
template <class... Index>
std::span<Var> row(VarArray& x, Index... index) {
  return {&x.values[x.offset({static_cast<std::int64_t>(index)..., 0})], static_cast<std::size_t>(x.shape.back())};
}
template <class... Index>
std::span<const Var> row(const VarArray& x, Index... index) {
  return {&x.values[x.offset({static_cast<std::int64_t>(index)..., 0})], static_cast<std::size_t>(x.shape.back())};
}

Var dot(std::span<const Var> x, std::span<const Var> y);
Var sigmoid(const Var& x);
std::int64_t ceil_sqrt(std::int64_t n);                    // ⌈√n⌉
VarArray operator+(const VarArray& x, const VarArray& y);  // elementwise, equal shapes
VarArray relu(const VarArray& x);                          // elementwise

// x·w + b over the last axis of x; w is [E,E'], acting on row vectors, b [E'] or empty.
VarArray affine(const VarArray& x, const VarArray& w, const VarArray& b);
// x·w_<name> + b_<name>; the bias is left out when `in` has none.
VarArray project(const VarArrays& in, const std::string& name, const VarArray& x);
// Every head by itself: x [B,H,N,I] · w [H,I,O] + b [H,1,O].
VarArray project_per_head(const VarArray& x, const VarArray& w, const VarArray& b);
// Head h owns columns h·D … (h+1)·D − 1.
VarArray split_heads(const VarArray& x, std::int64_t heads);  // [B,N,E] -> [B,H,N,D]
VarArray join_heads(const VarArray& x);                       // [B,H,N,D] -> [B,N,E]
VarArray project_to_heads(const VarArrays& in, const std::string& name, const VarArray& x, std::int64_t heads);

// 1 for a real position, 0 for padding; all are real when "key_mask" [B,N] is absent.
bool is_real(const VarArrays& in, std::int64_t b, std::int64_t n);
// x, [B,H,N,D] or [B,N,E], with the rows of padded positions set to zero.
VarArray zero_padding(const VarArrays& in, VarArray x);

// (x − mean)/√(variance + epsilon) ⊙ gain + shift over the last axis; gain and shift [E] or empty (1 and 0).
VarArray layer_norm(const VarArray& x, const VarArray& gain, const VarArray& shift, double epsilon);

// A key that a query sees: how often it counts, its logit and its value.
struct SeenKey {
  Var logit;
  std::span<const Var> value;
  double multiplicity = 1.0;
};

// p_j = c_j e^{s_j} / Σ_j c_j e^{s_j} over seen keys with multiplicity c and logit s; none for no keys.
std::vector<Var> softmax_weights(const std::vector<SeenKey>& keys);
// output = Σ_j p_j v_j, 0 when nothing is seen.
void softmax_row(const std::vector<SeenKey>& keys, std::span<Var> output);

// How often query i of head h sees key j; 0: not at all.
using Visibility = std::function<double(std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t j)>;

// Every query's softmax over the keys it sees, logits scale·q·k. k and v have M rows, of any origin.
VarArray masked_attention(const VarArray& q, const VarArray& k, const VarArray& v, double scale,
                          const Visibility& visible);
// The same over the positions of one sequence: padded keys are invisible, padded queries see nothing; scale 1/√D.
VarArray self_attention(const VarArrays& in, const VarArray& q, const VarArray& k, const VarArray& v,
                        const Visibility& visible);
double head_scale(const VarArray& q);  // 1/√D

// From "q", "k", "v" [B,H,N,D], and parameters of its own, to O [B,H,N,D].
using VarCore = std::function<VarArray(const VarArrays& in)>;
// Projects "x" by w_q, w_k, w_v, runs the core, joins the heads and projects by w_o; padded rows of the result are 0.
VarArray attention_layer(const VarArrays& in, std::int64_t heads, const VarCore& core);

// Throws unless `given`, the value of an option, is one of `choices`.
void require_one_of(const std::string& given, std::initializer_list<const char*> choices);

// Output and gradients of every array but "key_mask" and the named constants.
Result differentiate_output(const Arrays& in, std::set<std::string> constants, const VarCore& output);

}  // namespace attnscope::oracle
