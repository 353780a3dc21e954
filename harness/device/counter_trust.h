// Which counters of a GPU can be believed: found by `attnscope calibrate`, applied to the records of a run.
#pragma once

#include <string>
#include <vector>

#include "harness/device/ceilings.h"
#include "harness/gpu/counter_check.h"
#include "suite/backends/cuda/gpu_backend.h"

namespace attnscope::harness::device {

// What a record in the backend's element type counts: float32 arithmetic, products on tensor cores, and a copy of
// `bytes` in memory (which are read, and as many written), `rounds` of each arithmetic. The works refer to the backend
// and hold its memory while they live. So that a copy leaves in the device's caches what it found there, each run
// follows one that is not counted.
std::vector<gpu::KnownWork> works_of_known_size(backends::GpuBackend& gpu, std::int64_t rounds, std::int64_t bytes);

// Counts these on the device, and says why it cannot: fills `counters` and `counters_missing`.
void check_counters(const std::string& device, const std::string& dtype, Ceilings& ceilings);

// Corrects flops_measured and bytes_measured of a record by what its device's counters show of known work, and leaves
// them empty where one that they are made of is off by more than 2 %. Says so in counter_events. Nothing where the
// counters were not checked.
void correct_counts(const std::vector<Ceilings>& known, reports::Record& record);

}  // namespace attnscope::harness::device
