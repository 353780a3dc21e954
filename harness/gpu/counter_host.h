// What CUPTI knows of a chip's counters: their names, and how often a run must be repeated to read a set of them.
// Answered without a GPU and without a driver.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/gpu/result.h"

namespace attnscope::harness::gpu {

// "GH100", "GA100", …
Result<std::vector<std::string>> supported_chips();

// Base names of all counters of a chip, such as "dram__bytes_read"; a metric is one with a rollup,
// "dram__bytes_read.sum". The reason names the chip when CUPTI does not know it.
Result<std::vector<std::string>> chip_counters(const std::string& chip);

// How often a run must be repeated so that every metric has been read; what a device itself allows may take more. The
// reason names the metric that the chip does not have.
Result<std::size_t> count_passes(const std::string& chip, const std::vector<std::string>& metrics);

}  // namespace attnscope::harness::gpu
