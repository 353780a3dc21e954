// How ops are computed. One class per device; each method is one kernel family with its operands in one struct.
//
// A kernel allocates nothing: what scratch it needs it states in the matching *_workspace() method, and the op draws it
// from the pool. `meta` answers only those.
//
// Operands of one call are of one element type, unless said otherwise. Beside bf16, float32 are: statistics (lse, den,
// state, log_scale, a norm's mean and reciprocal), indices, positions, groups and masks.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "suite/ops/attended_rows.h"
#include "suite/ops/attention_pattern.h"
#include "suite/ops/attention_scores.h"
#include "suite/ops/random_rows.h"
#include "suite/tensor/tensor.h"

namespace attnscope::ops {

using tensor::DType;
using tensor::Tensor;

// c = op(a)·op(b), batched. a [A0,A1,M,K], b [B0,B1,K,N], c [C0,C1,M,N] (M,K swapped under transpose). A batch extent
// of 1 is broadcast in a and b; in c it means the sum over that batch axis. a and b are of one element type, c too or
// of the type of statistics.
struct MatmulArgs {
  Tensor a, b, c;
  bool transpose_a = false, transpose_b = false;
};

// Row softmax of scale·S in place, S [B,H,N,M]. Rows without a visible key become zero.
struct SoftmaxArgs {
  Tensor scores;    // in: S, out: P
  Tensor key_mask;  // [B,M] or undefined
  double scale = 1;
  bool causal = false;  // keys j ≤ i + (M − N)
};
// dS = scale · P ⊙ (dP − rowsum(P ⊙ dP)), in place of dP.
struct SoftmaxBackwardArgs {
  Tensor probabilities, gradient;
  double scale = 1;
};

// Keys and values that queries see by a plan. k [B,H,M,D], v [B,H,M,Dv]. Label scores are of the type of statistics.
struct KeySetArgs {
  const AttentionPlan* plan;
  Tensor k, v, key_mask;
  LabelScores labels{};
  RelativeKeys relative{};
  PositionRule positions{};
};
// Tiled exact attention, one softmax over the keys of all sets, of which there is at least one; plans of several share
// their tiles of queries. q [B,H,N,D], out [B,H,N,Dv], lse [B,H,N] (natural logarithm of the sum of exponentials of the
// scaled logits; −inf for empty rows). out may be of the type of statistics, and is then not rounded; it is overwritten
// unless it is to be added to.
struct AttentionArgs {
  Tensor q;
  std::vector<KeySetArgs> sets;
  Tensor out, lse;
  double scale = 1;
  bool adds_to_out = false;
  AttendedRows rows{};  // plans count them
  // Of the first set: how the queries are tiled.
  const AttentionPlan& plan() const { return *sets.front().plan; }
};
// Those of labels.scores, relative.query and relative.keys may be undefined. The last one is a sum over all queries, of
// the type of statistics. All are overwritten, but for those of k and v that are to be added to.
struct KeySetGradients {
  Tensor d_k, d_v, d_labels, d_relative_query, d_relative_keys;
  bool adds_to_k = false, adds_to_v = false;
};
// d_lse undefined: zero.
struct AttentionBackwardArgs {
  AttentionArgs forward;
  Tensor d_out, d_lse, d_q;
  std::vector<KeySetGradients> sets;
  bool adds_to_q = false;  // d_q is added to, not overwritten; rows that are not listed stay, or become zero
};

// One softmax over the keys of all parts: outs [B,H,N,Dv] and lses [B,H,N] each, into out and lse. Empty rows are zero
// and −inf.
struct MergeArgs {
  std::vector<Tensor> outs, lses;
  Tensor out, lse;
};
// With w_a = exp(LSE_a − LSE): dO_a = w_a g, dLSE_a = w_a (g·O_a − g·O + ℓ) for g = d_out and ℓ = d_lse (undefined:
// zero).
struct MergeBackwardArgs {
  MergeArgs forward;
  Tensor d_out, d_lse;
  std::vector<Tensor> d_outs, d_lses;
};

// Exact attention by a library: out = softmax(scale·q·kᵀ)·v. q [B,H,N,D], k [B,H,M,D], v [B,H,M,Dv], out [B,H,N,Dv].
struct LibraryAttentionArgs {
  Tensor q, k, v, out;
  double scale = 1;
};

// Kernelised attention from feature-mapped queries a [B,H,N,m] and keys b [B,H,N,m]; v [B,H,N,D].
//   den_i = a_i·Σ_j b_j (+ epsilon, or + 2·stabiliser where |den| ≤ stabiliser), out_i = (Σ_j (a_i·b_j) v_j) / den_i
// Causal sums run over j ≤ i, in chunks. key_log_scale [B,H,N], when given, never falls along N: key j counts
// exp(key_log_scale_j − key_log_scale_i) for query i; causal only.
struct LinearAttentionArgs {
  Tensor a, b, v, key_log_scale;
  Tensor out, den;  // [B,H,N,D], [B,H,N]
  Tensor state;     // [B,H,m,D+1]: [Σ b vᵀ | Σ b], written by the bidirectional forward pass; undefined when causal
  bool causal = false;
  std::int64_t chunk = 64;
  double epsilon = 0, stabiliser = 0;
};
// d_out and den are scratch: their values are lost.
struct LinearAttentionBackwardArgs {
  LinearAttentionArgs forward;
  Tensor d_out, d_a, d_b, d_v;
};

// Which constant the exponent of a positive feature is shifted by.
enum class Stabiliser { row, sequence, running, none };

// φ = m^(-1/2) [exp(c·proj − c²‖x‖²/2 − s) + ε] with c = D^(-1/4), proj = x·Wᵀ [B,H,N,m], x [B,H,N,D].
// s: `row` = max of c·proj in the row, `sequence` = max per (example, head) over real keys, `running` = max over
// positions ≤ j, `none` = 0. log_scale [B,H,N]: s when running, scratch when sequence. `projected` is statistics: an
// exponent's rounding is an error of the feature as a whole. It may share memory with `features` where the types are
// one.
struct PositiveFeaturesArgs {
  Tensor x, projected, key_mask, features, log_scale;
  Stabiliser stabiliser = Stabiliser::row;
  double epsilon = 0;
};
// d_projected = c·e·dφ, d_x = −c²·x·Σ_r e_r dφ_r, with e = φ − m^(-1/2) ε (the stabiliser is a constant).
struct PositiveFeaturesBackwardArgs {
  Tensor x, features, gradient, d_projected, d_x, key_mask;
  double epsilon = 0;
};

// Random rows from a seed, drawn in float64 and rounded to w [rows,dim]; `drawn` is scratch, or w itself where w is
// float64.
struct DrawProjectionArgs {
  ProjectionRows rows;
  std::uint64_t seed;
  Tensor drawn, w;
};

// y[:, y_first + i, :] = x[:, x_first + i·x_step, :] for 0 ≤ i < count; x and y are [outer, extent, inner] with equal
// outer and inner. Elsewhere y becomes zero or stays.
struct CopyPartArgs {
  Tensor x, y;
  std::int64_t x_first = 0, y_first = 0, count = 0, x_step = 1;
  bool zero_elsewhere = false;
};

// y = a + b or a ⊙ b for a and y [A0,A1,A2,A3], of one element type; extents of 1 in b serve all, which may be of
// another type.
enum class Broadcast { add, multiply };
struct BroadcastArgs {
  Broadcast kind;
  Tensor a, b, y;
};
// d_b = Σ gradient (⊙ factor when given) over the axes in which b has an extent of 1. All have rank 4; d_b may be of
// another type.
struct BroadcastAdjointArgs {
  Tensor gradient, factor, d_b;
};

enum class Activation {
  relu,        // max(x, 0)
  silu,        // x·σ(x)
  gelu,        // x·Φ(x), the tanh form of 1606.08415
  sigmoid,     // σ(x)
  logarithm,   // log x
  sine,        // sin x
  reciprocal,  // 1/x
  exponential
};
// Whether the derivative is computed from the result (else from the operand), which is then what training keeps.
constexpr bool differentiates_from_result(Activation activation) {
  return activation == Activation::relu || activation == Activation::sigmoid || activation == Activation::reciprocal ||
         activation == Activation::exponential;
}

// x [outer, extent, inner] to y [outer, 1, inner]. `maximum` writes the place of the first largest to index, shaped as
// y; either of y and index may be undefined then. `both_signs`: the place in [x, −x] along the extent, and no y.
enum class Reduction { sum, mean, maximum };
struct ReduceArgs {
  Reduction kind;
  Tensor x, y, index;
  bool both_signs = false;
};

// Per row of x [R,C]: mean μ, r = (Σ(x − μ)²/C + ε)^(-1/2), y = (x − μ)·r (⊙ gain + shift where defined).
struct LayerNormArgs {
  Tensor x, gain, shift, y, mean, reciprocal;  // mean and reciprocal [R]
  double epsilon = 0;
};
// With x̂ = (x − μ)·r and dx̂ = dy ⊙ gain: d_gain = Σ dy ⊙ x̂, d_shift = Σ dy (where defined), and in place of dy
// dx = r(dx̂ − mean dx̂ − x̂·mean(dx̂ ⊙ x̂)).
struct LayerNormBackwardArgs {
  Tensor x, gain, mean, reciprocal, gradient, d_gain, d_shift;
};
// Per row of x [R,C]: r = (Σx²/C + ε)^(-1/2), y = factor·r·x.
struct RmsNormArgs {
  Tensor x, y, reciprocal;  // reciprocal [R]
  double factor = 1, epsilon = 0;
};
// dx = factor·r·(dy − x·r²·mean(x ⊙ dy)), in place of dy.
struct RmsNormBackwardArgs {
  Tensor x, reciprocal, gradient;
  double factor = 1;
};

enum class LogNormalize { rows, columns, columns_so_far };

// Rank of each query among keys; all [B,H,N], `order` is scratch.
struct RankAmongArgs {
  Tensor query_group, key_group, rank, order;
  bool strict = false;
};

// What is asked for is right, but this backend cannot compute it: what() says why.
struct Unsupported : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string name() const = 0;            // "cpu", "reference", …
  virtual std::string implementation() const = 0;  // which kernels really run: library versions, instruction set
  virtual DType dtype() const = 0;
  virtual bool executes() const { return true; }  // false: shapes only
  // Whether products (matmul and both kinds of attention) round their float32 factors to the 11 bits of tf32.
  virtual bool multiplies_in_tf32() const { return false; }

  // Where tensors of this backend lie, and the way of row-major values there, rounded to the nearest of the tensor's
  // type, and back.
  virtual tensor::MemorySource& memory() { return tensor::host_memory(); }
  virtual void write(const Tensor& x, std::span<const double> values);
  virtual void read(const Tensor& x, std::span<double> values) const;
  // Returns when everything that was asked for has been done.
  virtual void synchronize() {}

  virtual std::int64_t matmul_workspace(const MatmulArgs&) const { return 0; }
  // The element type that attention with these terms is computed in: operands of another one are converted first.
  virtual DType attention_type(const AttentionArgs&) const { return dtype(); }
  virtual std::int64_t attention_workspace(const AttentionArgs&) const { return 0; }
  virtual std::int64_t attention_backward_workspace(const AttentionBackwardArgs&) const { return 0; }
  virtual std::int64_t linear_attention_workspace(const LinearAttentionArgs&) const { return 0; }
  virtual std::int64_t linear_attention_backward_workspace(const LinearAttentionBackwardArgs&) const { return 0; }
  virtual std::int64_t layer_norm_backward_workspace(const LayerNormBackwardArgs&) const { return 0; }
  // Of sum_rows, broadcast_adjoint, mean_square and reduce to sums or means: `elements` of x make `sums` sums.
  virtual std::int64_t sum_workspace(std::int64_t /*elements*/, std::int64_t /*sums*/) const { return 0; }

  // Why library_attention cannot compute this, or nothing. Tensors may have no memory yet.
  virtual std::optional<std::string> library_attention_refusal(const LibraryAttentionArgs&) const;
  virtual std::int64_t library_attention_workspace(const LibraryAttentionArgs&) const { return 0; }
  virtual void library_attention(const LibraryAttentionArgs&, const Tensor& workspace);

  virtual void matmul(const MatmulArgs&, const Tensor& workspace) = 0;
  virtual void softmax(const SoftmaxArgs&) = 0;
  virtual void softmax_backward(const SoftmaxBackwardArgs&) = 0;
  virtual void attention(const AttentionArgs&, const Tensor& workspace) = 0;
  virtual void attention_backward(const AttentionBackwardArgs&, const Tensor& workspace) = 0;
  virtual void merge(const MergeArgs&) = 0;
  virtual void merge_backward(const MergeBackwardArgs&) = 0;
  virtual void linear_attention(const LinearAttentionArgs&, const Tensor& workspace) = 0;
  virtual void linear_attention_backward(const LinearAttentionBackwardArgs&, const Tensor& workspace) = 0;
  virtual void positive_features(const PositiveFeaturesArgs&) = 0;
  virtual void positive_features_backward(const PositiveFeaturesBackwardArgs&) = 0;
  virtual void draw_projection(const DrawProjectionArgs&) = 0;

  // y = elu(x) + 1; dx = dy · (y > 1 ? 1 : y), in place of dy.
  virtual void elu_plus_one(const Tensor& x, const Tensor& y) = 0;
  virtual void elu_plus_one_backward(const Tensor& y, const Tensor& gradient) = 0;
  // y += x, element by element.
  virtual void add_in_place(const Tensor& y, const Tensor& x) = 0;
  // y[r, :] += bias, y [R, C]; and its adjoint bias[c] = Σ_r y[r, c].
  virtual void add_bias(const Tensor& y, const Tensor& bias) = 0;
  virtual void sum_rows(const Tensor& y, const Tensor& bias, const Tensor& workspace) = 0;
  // y [B,N,H,D] -> [B,H,N,D] (swaps the middle axes of x [A,M,N,D] into y [A,N,M,D]).
  virtual void swap_middle_axes(const Tensor& x, const Tensor& y) = 0;
  // Rows of x [B,H,N,D] (or [B,N,E]) whose mask [B,N] is 0 become zero in place.
  virtual void mask_rows(const Tensor& x, const Tensor& mask) = 0;
  // First columns of x [R, C] into y [R, c]; and its adjoint, which writes zeros behind them.
  virtual void copy_columns(const Tensor& x, const Tensor& y) = 0;
  // Rows at `positions` of x [B,(H,)N,D] into y [B,(H,)G,D] (zeros where absent); x rows += y rows; x rows = y rows.
  virtual void gather_rows(const Tensor& x, const Tensor& y, const PositionList& positions) = 0;
  virtual void scatter_add_rows(const Tensor& x, const Tensor& y, const PositionList& positions) = 0;
  virtual void overwrite_rows(const Tensor& x, const Tensor& y, const PositionList& positions) = 0;
  virtual void fill(const Tensor& x, double value) = 0;
  virtual void copy(const Tensor& from, const Tensor& to) = 0;  // widens or rounds where element types differ
  virtual void copy_part(const CopyPartArgs&) = 0;

  virtual void broadcast(const BroadcastArgs&) = 0;
  virtual void broadcast_adjoint(const BroadcastAdjointArgs&, const Tensor& workspace) = 0;
  // y = factor·x + offset; y may be x.
  virtual void affine(const Tensor& x, const Tensor& y, double factor, double offset) = 0;
  // y = f(x); dx = f'·dy in place of dy, `kept` being what differentiates_from_result() says.
  virtual void activate(Activation, const Tensor& x, const Tensor& y) = 0;
  virtual void activate_backward(Activation, const Tensor& kept, const Tensor& gradient) = 0;

  virtual void reduce(const ReduceArgs&, const Tensor& workspace) = 0;
  // The adjoint of `maximum`: x [outer, extent, inner] is y [outer, 1, inner] at index, zero elsewhere.
  virtual void spread(const Tensor& y, const Tensor& index, const Tensor& x) = 0;
  // Prefix sums along the middle of x [outer, extent, inner]; backwards: Σ over j ≥ i.
  virtual void cumulative_sum(const Tensor& x, const Tensor& y, bool backwards) = 0;
  // y [1] = Σx² / elements, in the type of statistics.
  virtual void mean_square(const Tensor& x, const Tensor& y, const Tensor& workspace) = 0;

  virtual void layer_norm(const LayerNormArgs&) = 0;
  virtual void layer_norm_backward(const LayerNormBackwardArgs&, const Tensor& workspace) = 0;
  virtual void rms_norm(const RmsNormArgs&) = 0;
  virtual void rms_norm_backward(const RmsNormBackwardArgs&) = 0;
  // y = x − log Σ exp x over rows, columns or the column so far of x [M,R,C]; −inf stays. The adjoint is computed from
  // y in place of dy.
  virtual void log_normalize(LogNormalize along, const Tensor& x, const Tensor& y) = 0;
  virtual void log_normalize_backward(LogNormalize along, const Tensor& y, const Tensor& gradient) = 0;

  // y[b,h,m] = x[b,h,index[b,h,m]], zero where the index is negative: x [B,H,N,D], y [B,H,M,D], index [B or 1, H or
  // 1, M]; its adjoint, which writes all of x, in the type of statistics; and r[..,n] = 1/(c + epsilon), c = how often
  // n is in index, 0 for c = 0.
  virtual void gather_by_index(const Tensor& x, const Tensor& index, const Tensor& y) = 0;
  virtual void scatter_add_by_index(const Tensor& y, const Tensor& index, const Tensor& x) = 0;
  virtual void reciprocal_counts(const Tensor& index, double epsilon, const Tensor& r) = 0;

  // See selection.h.
  virtual void top_positions(const Tensor& scores, const Tensor& key_mask, const Tensor& positions) = 0;
  virtual void sort_by_group(const Tensor& group, const Tensor& order, const Tensor& place, const Tensor& rank) = 0;
  virtual void rank_among(const RankAmongArgs&) = 0;
  virtual void floor_divide(const Tensor& x, std::int64_t divisor, const Tensor& y) = 0;

  // x at row-major place i becomes value(i).
  virtual void tabulate(const Tensor& x, const std::function<double(std::int64_t)>& value) = 0;
};

}  // namespace attnscope::ops
