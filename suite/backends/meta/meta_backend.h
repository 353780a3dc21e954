// Shapes only: a backend that answers for the workspaces of another one and executes nothing, so that a run with it
// yields that backend's exact cost and peak memory at any length.
#pragma once

#include <stdexcept>

#include "suite/ops/backend.h"

namespace attnscope::backends {

class MetaBackend final : public ops::Backend {
 public:
  explicit MetaBackend(const ops::Backend& target) : target_(target) {}

  std::string name() const override { return "meta"; }
  std::string implementation() const override { return "shapes of " + target_.name(); }
  tensor::DType dtype() const override { return target_.dtype(); }
  bool executes() const override { return false; }

  std::int64_t matmul_workspace(const ops::MatmulArgs& args) const override { return target_.matmul_workspace(args); }
  tensor::DType attention_type(const ops::AttentionArgs& args) const override { return target_.attention_type(args); }
  std::int64_t attention_workspace(const ops::AttentionArgs& args) const override {
    return target_.attention_workspace(args);
  }
  std::int64_t attention_backward_workspace(const ops::AttentionBackwardArgs& args) const override {
    return target_.attention_backward_workspace(args);
  }
  std::int64_t linear_attention_workspace(const ops::LinearAttentionArgs& args) const override {
    return target_.linear_attention_workspace(args);
  }
  std::int64_t linear_attention_backward_workspace(const ops::LinearAttentionBackwardArgs& args) const override {
    return target_.linear_attention_backward_workspace(args);
  }
  std::int64_t layer_norm_backward_workspace(const ops::LayerNormBackwardArgs& args) const override {
    return target_.layer_norm_backward_workspace(args);
  }
  std::int64_t sum_workspace(std::int64_t elements, std::int64_t sums) const override {
    return target_.sum_workspace(elements, sums);
  }
  std::optional<std::string> library_attention_refusal(const ops::LibraryAttentionArgs& args) const override {
    return target_.library_attention_refusal(args);
  }
  std::int64_t library_attention_workspace(const ops::LibraryAttentionArgs& args) const override {
    return target_.library_attention_workspace(args);
  }

  // Context::execute never calls a kernel of a backend that does not execute.
  void matmul(const ops::MatmulArgs&, const ops::Tensor&) override { refuse(); }
  void softmax(const ops::SoftmaxArgs&) override { refuse(); }
  void softmax_backward(const ops::SoftmaxBackwardArgs&) override { refuse(); }
  void attention(const ops::AttentionArgs&, const ops::Tensor&) override { refuse(); }
  void attention_backward(const ops::AttentionBackwardArgs&, const ops::Tensor&) override { refuse(); }
  void merge(const ops::MergeArgs&) override { refuse(); }
  void merge_backward(const ops::MergeBackwardArgs&) override { refuse(); }
  void linear_attention(const ops::LinearAttentionArgs&, const ops::Tensor&) override { refuse(); }
  void linear_attention_backward(const ops::LinearAttentionBackwardArgs&, const ops::Tensor&) override { refuse(); }
  void positive_features(const ops::PositiveFeaturesArgs&) override { refuse(); }
  void positive_features_backward(const ops::PositiveFeaturesBackwardArgs&) override { refuse(); }
  void draw_projection(const ops::DrawProjectionArgs&) override { refuse(); }
  void elu_plus_one(const ops::Tensor&, const ops::Tensor&) override { refuse(); }
  void elu_plus_one_backward(const ops::Tensor&, const ops::Tensor&) override { refuse(); }
  void add_in_place(const ops::Tensor&, const ops::Tensor&) override { refuse(); }
  void add_bias(const ops::Tensor&, const ops::Tensor&) override { refuse(); }
  void sum_rows(const ops::Tensor&, const ops::Tensor&, const ops::Tensor&) override { refuse(); }
  void swap_middle_axes(const ops::Tensor&, const ops::Tensor&) override { refuse(); }
  void mask_rows(const ops::Tensor&, const ops::Tensor&) override { refuse(); }
  void copy_columns(const ops::Tensor&, const ops::Tensor&) override { refuse(); }
  void gather_rows(const ops::Tensor&, const ops::Tensor&, const ops::PositionList&) override { refuse(); }
  void scatter_add_rows(const ops::Tensor&, const ops::Tensor&, const ops::PositionList&) override { refuse(); }
  void overwrite_rows(const ops::Tensor&, const ops::Tensor&, const ops::PositionList&) override { refuse(); }
  void fill(const ops::Tensor&, double) override { refuse(); }
  void copy(const ops::Tensor&, const ops::Tensor&) override { refuse(); }
  void copy_part(const ops::CopyPartArgs&) override { refuse(); }
  void broadcast(const ops::BroadcastArgs&) override { refuse(); }
  void broadcast_adjoint(const ops::BroadcastAdjointArgs&, const ops::Tensor&) override { refuse(); }
  void affine(const ops::Tensor&, const ops::Tensor&, double, double) override { refuse(); }
  void activate(ops::Activation, const ops::Tensor&, const ops::Tensor&) override { refuse(); }
  void activate_backward(ops::Activation, const ops::Tensor&, const ops::Tensor&) override { refuse(); }
  void reduce(const ops::ReduceArgs&, const ops::Tensor&) override { refuse(); }
  void spread(const ops::Tensor&, const ops::Tensor&, const ops::Tensor&) override { refuse(); }
  void cumulative_sum(const ops::Tensor&, const ops::Tensor&, bool) override { refuse(); }
  void mean_square(const ops::Tensor&, const ops::Tensor&, const ops::Tensor&) override { refuse(); }
  void layer_norm(const ops::LayerNormArgs&) override { refuse(); }
  void layer_norm_backward(const ops::LayerNormBackwardArgs&, const tensor::Tensor&) override { refuse(); }
  void rms_norm(const ops::RmsNormArgs&) override { refuse(); }
  void rms_norm_backward(const ops::RmsNormBackwardArgs&) override { refuse(); }
  void log_normalize(ops::LogNormalize, const ops::Tensor&, const ops::Tensor&) override { refuse(); }
  void log_normalize_backward(ops::LogNormalize, const ops::Tensor&, const ops::Tensor&) override { refuse(); }
  void gather_by_index(const ops::Tensor&, const ops::Tensor&, const ops::Tensor&) override { refuse(); }
  void scatter_add_by_index(const ops::Tensor&, const ops::Tensor&, const ops::Tensor&) override { refuse(); }
  void reciprocal_counts(const ops::Tensor&, double, const ops::Tensor&) override { refuse(); }
  void top_positions(const ops::Tensor&, const ops::Tensor&, const ops::Tensor&) override { refuse(); }
  void sort_by_group(const ops::Tensor&, const ops::Tensor&, const ops::Tensor&, const ops::Tensor&) override {
    refuse();
  }
  void rank_among(const ops::RankAmongArgs&) override { refuse(); }
  void floor_divide(const ops::Tensor&, std::int64_t, const ops::Tensor&) override { refuse(); }
  void tabulate(const ops::Tensor&, const std::function<double(std::int64_t)>&) override { refuse(); }

 private:
  [[noreturn]] static void refuse() { throw std::logic_error("the meta backend holds no data and runs no kernel"); }
  const ops::Backend& target_;
};

}  // namespace attnscope::backends
