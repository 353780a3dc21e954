// Ceilings: what the device could do at most, measured on this machine, so that every record can say which share of it
// was reached (the roofline of Williams, Waterman, Patterson 2009).
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/gpu/counter_check.h"
#include "reports/record.h"
#include "suite/backends/cuda/gpu_backend.h"

namespace attnscope::harness::device {

struct StreamCeiling {
  std::int64_t working_set_bytes = 0;  // of all threads
  double bytes_per_s = 0;              // read and written
};

// Of one device, element type and number of threads.
struct Ceilings {
  std::string device = "cpu", dtype = "f32";
  int threads = 1;
  double flop_per_s = 0;               // fused multiply-adds in registers; 16-bit types and tf32: on tensor cores
  double matmul_flop_per_s = 0;        // the best square product of the backend
  std::vector<StreamCeiling> streams;  // by rising working set
  double load = 0;                     // tasks of others that ran meanwhile: above 0 the ceilings may be too low
  // Of a GPU, where they were checked (counter_trust.h), or why they were not.
  std::vector<gpu::CheckedCounter> counters{};
  std::string counters_missing{};
};

// True when ceilings can be measured for this device and element type.
bool has_ceilings(const std::string& device, const std::string& dtype);
// Takes about 12 times `seconds`. Uses all threads at once: call it when nothing else is measured.
Ceilings measure_ceilings(const std::string& device, const std::string& dtype, int threads, double seconds);

// Those of a GPU, from square products of these sizes, plain copies that read and write so many bytes and so many
// rounds of multiply-adds (known_work.h).
struct GpuSizes {
  std::vector<std::int64_t> products, copies;
  std::int64_t rounds = 0;
};
Ceilings measure_gpu_ceilings(backends::GpuBackend& gpu, double seconds, const GpuSizes& sizes);

// The bandwidth at which a working set of this size can stream at most: that of the smallest measured set that is not
// smaller (data that fits a cache is fed by it), and of the largest beyond.
double stream_ceiling(const Ceilings& ceilings, std::int64_t working_set_bytes);

// Fills peak_flop_per_s, peak_bytes_per_s, peak_source, mfu and roofline_frac of a measured record from the ceilings of
// its device, element type and threads, if they are among these.
void fill_roofline(const std::vector<Ceilings>& known, reports::Record& record);

nlohmann::json to_json(const Ceilings& ceilings);
// Throws std::invalid_argument naming the field.
Ceilings ceilings_from_json(const nlohmann::json& object);

}  // namespace attnscope::harness::device
