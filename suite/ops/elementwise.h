// Element-by-element ops and feature maps.
#pragma once

#include "suite/ops/context.h"

namespace attnscope::ops {

// y[..., c] + bias[c]. Takes y over and computes in place.
tensor::Tensor add_bias(Context& ctx, tensor::Tensor y, const tensor::Tensor& bias);

// elu(x) + 1: x + 1 for x > 0, e^x otherwise; always positive (2006.16236, Eq. 7).
tensor::Tensor elu_plus_one(Context& ctx, const tensor::Tensor& x);

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
