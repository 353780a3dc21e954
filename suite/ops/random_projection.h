// A random projection that is drawn anew in every run, instead of being a part of the model.
#pragma once

#include <string>

#include "suite/ops/context.h"

namespace attnscope::ops {

struct RandomProjectionOptions {
  bool orthogonal = true, chi_norms = true;  // see ProjectionRows
  std::int64_t draw = 0;
};

// W [rows,dim], to the bit what the initialiser random_projection() gives a buffer of that name in the same model: the
// same in every run. It has no gradient.
tensor::Tensor draw_projection(Context& ctx, const std::string& name, const tensor::Shape& shape,
                               const RandomProjectionOptions& options);

}  // namespace attnscope::ops
