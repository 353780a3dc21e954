// What tiled attention computes and moves, exactly.
#pragma once

#include "suite/ops/backend.h"
#include "suite/ops/cost.h"

namespace attnscope::ops {

Cost attention_cost(const AttentionArgs& args);
Cost attention_backward_cost(const AttentionBackwardArgs& args);

}  // namespace attnscope::ops
