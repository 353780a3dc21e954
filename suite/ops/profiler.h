// The hook that sees every op of a run: what `run --profile` records. Without a profiler nothing is timed per op.
#pragma once

#include <cstdint>
#include <string_view>

#include "suite/ops/cost.h"

namespace attnscope::ops {

struct OpEvent {
  std::string_view op;
  bool backward;                 // part of the backward pass
  double start_ns, duration_ns;  // since the start of the run
  Cost cost;
  std::int64_t pool_live_bytes;  // after the op
};

class Profiler {
 public:
  virtual ~Profiler() = default;
  virtual void on_op(const OpEvent& event) = 0;
};

}  // namespace attnscope::ops
