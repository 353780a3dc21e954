// Element-by-element ops and feature maps.
#pragma once

#include "suite/ops/context.h"

namespace attnscope::ops {

// y[..., c] + bias[c]. Takes y over and computes in place.
tensor::Tensor add_bias(Context& ctx, tensor::Tensor y, const tensor::Tensor& bias);

// elu(x) + 1: x + 1 for x > 0, e^x otherwise; always positive (2006.16236, Eq. 7).
tensor::Tensor elu_plus_one(Context& ctx, const tensor::Tensor& x);

// Sums and products of equal rank up to 4; extents of 1 in b serve all (bias per head, scalar [1,1,1,1]). Takes no
// operand over.
tensor::Tensor add(Context& ctx, const tensor::Tensor& a, const tensor::Tensor& b);
tensor::Tensor multiply(Context& ctx, const tensor::Tensor& a, const tensor::Tensor& b);
// factor·x + offset.
tensor::Tensor affine(Context& ctx, const tensor::Tensor& x, double factor, double offset = 0);

tensor::Tensor activate(Context& ctx, const tensor::Tensor& x, Activation activation);

struct PositiveFeatureOptions {
  Stabiliser stabiliser = Stabiliser::row;
  double epsilon = 1e-6;
};
struct PositiveFeatures {
  tensor::Tensor features;   // [B,H,N,m]
  tensor::Tensor log_scale;  // [B,H,N] with Stabiliser::running, else undefined
};
// Positive random features of the softmax kernel (2009.14794, Lemma 1) of x [B,H,N,D] under projection [m,D]; backend.h
// has the equation. Padded positions (key_mask 0) get zero features and do not count for the stabiliser.
PositiveFeatures positive_features(Context& ctx, const tensor::Tensor& x, const tensor::Tensor& projection,
                                   const tensor::Tensor& key_mask, PositiveFeatureOptions options);

}  // namespace attnscope::ops
