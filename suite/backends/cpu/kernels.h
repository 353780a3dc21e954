// The CPU kernels that we write ourselves: elements in float32 or bfloat16, arithmetic in float32, any instruction set,
// `threads` OpenMP threads. Workspaces are in floats.
#pragma once

#include <cstdint>

#include "suite/ops/backend.h"

namespace attnscope::backends::cpu {

using tensor::Tensor;

std::int64_t attention_workspace(const ops::AttentionArgs& args, int threads);
void attention(const ops::AttentionArgs& args, float* workspace, int threads);
std::int64_t attention_backward_workspace(const ops::AttentionBackwardArgs& args, int threads);
void attention_backward(const ops::AttentionBackwardArgs& args, float* workspace, int threads);

// The same for bfloat16 operands (lse, d_lse and masks are float32); labels, relative keys and position rules must not
// be given.
std::int64_t bfloat16_attention_workspace(const ops::AttentionArgs& args, int threads);
void bfloat16_attention(const ops::AttentionArgs& args, float* workspace, int threads);
std::int64_t bfloat16_attention_backward_workspace(const ops::AttentionBackwardArgs& args, int threads);
void bfloat16_attention_backward(const ops::AttentionBackwardArgs& args, float* workspace, int threads);
// y = 2^x as attention computes it in float32 and, more roughly, in bfloat16, so that the errors can be tested.
void powers_of_two(const float* x, float* y, std::int64_t count);
void rough_powers_of_two(const float* x, float* y, std::int64_t count);

// to = from, widened or rounded where the element types differ; the same from and to float32 that is no tensor.
void convert(const Tensor& from, const Tensor& to, int threads);
void widen(const Tensor& from, float* to, int threads);
void round(const float* from, const Tensor& to, int threads);

void merge(const ops::MergeArgs& args, int threads);
void merge_backward(const ops::MergeBackwardArgs& args, int threads);

std::int64_t linear_attention_workspace(const ops::LinearAttentionArgs& args, int threads);
void linear_attention(const ops::LinearAttentionArgs& args, float* workspace, int threads);
std::int64_t linear_attention_backward_workspace(const ops::LinearAttentionBackwardArgs& args, int threads);
void linear_attention_backward(const ops::LinearAttentionBackwardArgs& args, float* workspace, int threads);

void softmax(const ops::SoftmaxArgs& args, int threads);
void softmax_backward(const ops::SoftmaxBackwardArgs& args, int threads);

void positive_features(const ops::PositiveFeaturesArgs& args, int threads);
void positive_features_backward(const ops::PositiveFeaturesBackwardArgs& args, int threads);
void elu_plus_one(const Tensor& x, const Tensor& y, int threads);
void elu_plus_one_backward(const Tensor& y, const Tensor& gradient, int threads);

void add_in_place(const Tensor& y, const Tensor& x, int threads);
void add_bias(const Tensor& y, const Tensor& bias, int threads);
void sum_rows(const Tensor& y, const Tensor& bias);

void activate(ops::Activation kind, const Tensor& x, const Tensor& y, int threads);
void activate_backward(ops::Activation kind, const Tensor& kept, const Tensor& gradient, int threads);
void affine(const Tensor& x, const Tensor& y, double factor, double offset, int threads);
void broadcast(const ops::BroadcastArgs& args, int threads);
void broadcast_adjoint(const ops::BroadcastAdjointArgs& args, int threads);

void reduce(const ops::ReduceArgs& args, int threads);
void maximum(const ops::ReduceArgs& args, int threads);  // of Reduction::maximum only
void spread(const Tensor& y, const Tensor& index, const Tensor& x, int threads);
void cumulative_sum(const Tensor& x, const Tensor& y, bool backwards, int threads);
void mean_square(const Tensor& x, const Tensor& y);

void layer_norm(const ops::LayerNormArgs& args, int threads);
void layer_norm_backward(const ops::LayerNormBackwardArgs& args, int threads);
void rms_norm(const ops::RmsNormArgs& args, int threads);
void rms_norm_backward(const ops::RmsNormBackwardArgs& args, int threads);
void log_normalize(ops::LogNormalize along, const Tensor& x, const Tensor& y, int threads);
void log_normalize_backward(ops::LogNormalize along, const Tensor& y, const Tensor& gradient, int threads);

void copy_part(const ops::CopyPartArgs& args, int threads);
void gather_by_index(const Tensor& x, const Tensor& index, const Tensor& y, int threads);
void scatter_add_by_index(const Tensor& y, const Tensor& index, const Tensor& x, int threads);
void reciprocal_counts(const Tensor& index, double epsilon, const Tensor& r);
void top_positions(const Tensor& scores, const Tensor& key_mask, const Tensor& positions, int threads);
void sort_by_group(const Tensor& group, const Tensor& order, const Tensor& place, const Tensor& rank, int threads);
void rank_among(const ops::RankAmongArgs& args, int threads);
void floor_divide(const Tensor& x, std::int64_t divisor, const Tensor& y, int threads);

}  // namespace attnscope::backends::cpu
