// The ops of a GPU: what each one computes stands in suite/ops/backend.h. Each call checks nothing and returns when its
// kernels are queued; workspaces are in bytes. Operands lie in the device's memory.
#pragma once

#include <cstdint>

#include "suite/backends/cuda/cuda.h"
#include "suite/backends/cuda/device.h"
#include "suite/backends/cuda/known_work.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

using ops::PositionList;
using tensor::Tensor;

// known_work.cu
void arithmetic(Device& device, const ArithmeticWork& work, float* results);
void stream(Device& device, void* to, const void* from, std::int64_t bytes);

// elementwise.cu
void add_in_place(Device& device, const Tensor& y, const Tensor& x);
void affine(Device& device, const Tensor& x, const Tensor& y, double factor, double offset);
void fill(Device& device, const Tensor& x, double value);
void copy(Device& device, const Tensor& from, const Tensor& to);
void elu_plus_one(Device& device, const Tensor& x, const Tensor& y);
void elu_plus_one_backward(Device& device, const Tensor& y, const Tensor& gradient);

// activation.cu
void activate(Device& device, ops::Activation kind, const Tensor& x, const Tensor& y);
void activate_backward(Device& device, ops::Activation kind, const Tensor& kept, const Tensor& gradient);

// broadcast.cu
void add_bias(Device& device, const Tensor& y, const Tensor& bias);
void sum_rows(Device& device, const Tensor& y, const Tensor& bias, const Tensor& workspace);
void broadcast(Device& device, const ops::BroadcastArgs& args);
void broadcast_adjoint(Device& device, const ops::BroadcastAdjointArgs& args, const Tensor& workspace);

// layout.cu
void swap_middle_axes(Device& device, const Tensor& x, const Tensor& y);
void mask_rows(Device& device, const Tensor& x, const Tensor& mask);
void copy_columns(Device& device, const Tensor& x, const Tensor& y);
void copy_part(Device& device, const ops::CopyPartArgs& args);

// listed_rows.cu
void gather_rows(Device& device, const Tensor& x, const Tensor& y, const PositionList& positions);
void scatter_add_rows(Device& device, const Tensor& x, const Tensor& y, const PositionList& positions);
void overwrite_rows(Device& device, const Tensor& x, const Tensor& y, const PositionList& positions);

// index_rows.cu
void gather_by_index(Device& device, const Tensor& x, const Tensor& index, const Tensor& y);
void scatter_add_by_index(Device& device, const Tensor& y, const Tensor& index, const Tensor& x);
void reciprocal_counts(Device& device, const Tensor& index, double epsilon, const Tensor& r);

// reduce.cu
std::int64_t sum_workspace(std::int64_t elements, std::int64_t sums);
void reduce(Device& device, const ops::ReduceArgs& args, const Tensor& workspace);
void spread(Device& device, const Tensor& y, const Tensor& index, const Tensor& x);
void mean_square(Device& device, const Tensor& x, const Tensor& y, const Tensor& workspace);

// cumulative_sum.cu
void cumulative_sum(Device& device, const Tensor& x, const Tensor& y, bool backwards);

// normalize.cu
void layer_norm(Device& device, const ops::LayerNormArgs& args);
std::int64_t layer_norm_backward_workspace(const ops::LayerNormBackwardArgs& args);
void layer_norm_backward(Device& device, const ops::LayerNormBackwardArgs& args, const Tensor& workspace);
void rms_norm(Device& device, const ops::RmsNormArgs& args);
void rms_norm_backward(Device& device, const ops::RmsNormBackwardArgs& args);

// log_normalize.cu
void log_normalize(Device& device, ops::LogNormalize along, const Tensor& x, const Tensor& y);
void log_normalize_backward(Device& device, ops::LogNormalize along, const Tensor& y, const Tensor& gradient);

// softmax.cu
void softmax(Device& device, const ops::SoftmaxArgs& args);
void softmax_backward(Device& device, const ops::SoftmaxBackwardArgs& args);

// matmul.cu
std::int64_t matmul_workspace(const Device& device, const ops::MatmulArgs& args, Float32Products products);
void matmul(Device& device, const ops::MatmulArgs& args, const Tensor& workspace, Float32Products products);

// attention_forward.cu, attention_backward.cu
std::int64_t attention_workspace(const Device& device, const ops::AttentionArgs& args);
// Into how many parts, each a block's work, keys are split because there are few queries; 1: not at all.
inline constexpr int most_splits = 64;
int attention_splits(const Device& device, const ops::AttentionArgs& args);
std::int64_t attention_backward_workspace(const ops::AttentionBackwardArgs& args);
void attention(Device& device, const ops::AttentionArgs& args, const Tensor& workspace, Float32Products products);
void attention_backward(Device& device, const ops::AttentionBackwardArgs& args, const Tensor& workspace,
                        Float32Products products);
// Δ_i = dO_i·O_i − dLSE_i, [B·H, rows] of the workspace, which it fills.
const float* attention_delta(Device& device, const ops::AttentionBackwardArgs& args, const Tensor& workspace);

// merge.cu
void merge(Device& device, const ops::MergeArgs& args);
void merge_backward(Device& device, const ops::MergeBackwardArgs& args);
// merge() of parts in float32, outs [splits, rows, D] and lses [splits, rows], into out of either type.
void merge_splits(Device& device, const float* outs, const float* lses, int splits, const Tensor& out,
                  const Tensor& lse);

// linear_attention.cu, linear_attention_backward.cu
std::int64_t linear_attention_workspace(const Device& device, const ops::LinearAttentionArgs& args);
std::int64_t linear_attention_backward_workspace(const Device& device, const ops::LinearAttentionBackwardArgs& args);
void linear_attention(Device& device, const ops::LinearAttentionArgs& args, const Tensor& workspace,
                      Float32Products products);
void linear_attention_backward(Device& device, const ops::LinearAttentionBackwardArgs& args, const Tensor& workspace,
                               Float32Products products);

// features.cu
void positive_features(Device& device, const ops::PositiveFeaturesArgs& args);
void positive_features_backward(Device& device, const ops::PositiveFeaturesBackwardArgs& args);

// selection.cu, top_positions.cu
void top_positions(Device& device, const Tensor& scores, const Tensor& key_mask, const Tensor& positions);
void sort_by_group(Device& device, const Tensor& group, const Tensor& order, const Tensor& place, const Tensor& rank);
void rank_among(Device& device, const ops::RankAmongArgs& args);
void floor_divide(Device& device, const Tensor& x, std::int64_t divisor, const Tensor& y);

}  // namespace attnscope::backends::ATTNSCOPE_GPU
