// The CPU kernels that we write ourselves: f32, any instruction set, `threads` OpenMP threads. Workspaces are in
// floats.
#pragma once

#include <cstdint>
#include <string>

#include "suite/ops/backend.h"

namespace attnscope::backends::cpu {

using tensor::Tensor;

std::string instruction_set();  // the one that Highway picked on this machine: "AVX2", "NEON", …

std::int64_t attention_workspace(const ops::AttentionArgs& args, int threads);
void attention(const ops::AttentionArgs& args, float* workspace, int threads);
std::int64_t attention_backward_workspace(const ops::AttentionBackwardArgs& args, int threads);
void attention_backward(const ops::AttentionBackwardArgs& args, float* workspace, int threads);

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

}  // namespace attnscope::backends::cpu
