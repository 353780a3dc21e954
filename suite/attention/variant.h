// An attention variant: its hyper-parameters, its inputs and parameters, and one function that composes ops. It holds
// no loop over elements, no device code, no cost formula and no backward pass: those belong to the ops.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "suite/attention/option.h"
#include "suite/attention/problem.h"
#include "suite/ops/context.h"
#include "suite/tensor/tensor.h"

namespace attnscope::attention {

using ops::Context;
using tensor::Shape;
using tensor::Tensor;

// Facts for people: shown by `list`, `describe` and the viewer.
struct VariantInfo {
  std::string name{};     // snake_case, the paper's name
  std::string title{};    // "Longformer"
  std::string authors{};  // "Beltagy, Peters, Cohan"
  int year = 0;
  std::string arxiv{};         // "2004.05150"
  std::string survey_class{};  // "FP+M", as in Table 1 of arXiv 2009.06732; "exact" for the baselines
  std::string complexity{};    // claimed, as in the survey: "O(n(k+m))"
  std::string family{};        // exact, low-rank, kernel, local, …: the `family` column
  bool decode = false;         // the survey's decode column
  // Options under which the gradient is the derivative of the whole function: elsewhere, by definition, it treats a
  // numerical stabiliser as a constant. "": any.
  std::string smooth_options{};
  bool exact = false;  // computes softmax attention itself, to rounding
  // Settings ("window=100000") under which it is exact attention, by identities of the paper's definition.
  std::vector<std::string> exact_when{};
  // Settings under which each output row is a weighted mean of values; absent: under none.
  std::optional<std::string> mean_of_values{};
  // Somebody else's implementation that ours are compared with: runs where it is asked for by name, and is no model of
  // the survey.
  bool peer = false;
};

// Queries, keys and values [B,H,N,D]; key_mask [B,N] is 1 for real keys and 0 for padding, undefined when all are real.
struct QueryKeyValue {
  Tensor q, k, v, key_mask;
};

class Variant {
 public:
  virtual ~Variant() = default;
  Variant(const Variant&) = delete;
  Variant& operator=(const Variant&) = delete;

  virtual VariantInfo info() const = 0;
  const OptionList& options() const { return options_; }
  OptionList& options() { return options_; }

  // Why this problem cannot be run ("causal: Linformer mixes positions …"), or nothing when it can.
  virtual std::optional<std::string> unsupported(const Problem& problem) const;

  // The same, and what holds for every variant: asks whether it decodes where that is wanted.
  std::optional<std::string> refusal(const Problem& problem) const;

  // Core scope: O [B,H,N,D] from Q, K, V [B,H,N,D].
  virtual Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const = 0;
  // Layer scope: Y [B,N,E] from X [B,N,E]. The default projects with W_q, W_k, W_v, calls core() and projects with W_o.
  virtual Tensor layer(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask) const;

  // Block scope: Y [B,N,E] from X [B,N,E]. The default is x + layer(norm(x)), then the same with the feed-forward part.
  virtual Tensor block(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask) const;

  // Mode decode: O [B,H,1,D] of one token that follows the seq_len tokens which the variant's state stands for. New
  // states are results. What it computes is the last row of the causal forward pass over seq_len + 1 tokens.
  virtual bool decodes() const { return false; }
  virtual Tensor decode(Context& ctx, const Problem& problem, const QueryKeyValue& in) const;

  // Declares the inputs of the problem's scope and runs core() or layer() on them.
  Tensor run(Context& ctx, const Problem& problem) const;

  // The same problem bidirectional, or causal where the variant supports only that.
  Problem supported(Problem problem) const;

 protected:
  // Keys and values [B,H,rows,D] of earlier tokens: the states k_cache and v_cache.
  QueryKeyValue cached(Context& ctx, const Problem& problem, std::int64_t rows) const;

  // Softmax attention of one token over the last `rows` cached ones and itself.
  Tensor attend_to_cache(Context& ctx, const Problem& problem, const QueryKeyValue& in, std::int64_t rows) const;

  // Inputs of core scope: q, k and v [B,H,N,D], unless the paper has others.
  virtual QueryKeyValue core_inputs(Context& ctx, const Problem& problem) const;
  // False where the output has other rows than the input has positions (Set Transformer's pooling).
  virtual bool output_rows_are_positions() const { return true; }

  // `bias_by_default`: whether the paper's projections W_q, W_k, W_v, W_o carry biases.
  explicit Variant(bool bias_by_default)
      : bias(options_, "bias", bias_by_default, "biases of the projections (layer)"),
        norm(options_, "norm", "pre", {"pre", "post", "branch"},
             "block: x + f(norm x); norm(x + f(x)), as Vaswani et al. 2017; or x + norm(f(x)), as the survey prints "
             "it") {}

  // x·W_which (+ b_which) [B,N,E]; the same split into heads [B,H,N,D]; and O [B,H,N,D] through W_o to Y [B,N,E].
  Tensor project(Context& ctx, const Problem& problem, const Tensor& x, const std::string& which) const;
  Tensor project_to_heads(Context& ctx, const Problem& problem, const Tensor& x, const std::string& which) const;
  Tensor project_out(Context& ctx, const Problem& problem, Tensor o, const Tensor& key_mask) const;

  OptionList options_;

 public:
  Option<bool> bias;
  Choice norm;
};

}  // namespace attnscope::attention
