// CUPTI's host object of a chip: schedules metrics into passes and evaluates what was counted. Compiled with CUPTI
// only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/gpu/cupti_library.h"
#include "harness/gpu/result.h"

namespace attnscope::harness::gpu {

// A schedule of metrics, in CUPTI's own format.
struct CounterSchedule {
  std::vector<std::uint8_t> image;
  std::size_t passes = 0;
};

class CuptiHost {
 public:
  // `availability`: what the device itself has (cuptiProfilerGetCounterAvailability), or empty for the chip in general.
  static Result<CuptiHost> open(const CuptiLibrary& cupti, const std::string& chip,
                                std::span<const std::uint8_t> availability = {});

  Result<std::vector<std::string>> counters() const;

  // Once an object.
  Result<CounterSchedule> schedule(const std::vector<std::string>& metrics);

  // The values of the metrics in the first range of what was counted.
  Result<std::vector<double>> evaluate(std::span<const std::uint8_t> counter_data,
                                       const std::vector<std::string>& metrics) const;

 private:
  struct Deinitialise {
    const CuptiLibrary* cupti;
    void operator()(CUpti_Profiler_Host_Object* object) const;
  };
  CuptiHost(const CuptiLibrary& cupti, std::string chip, std::span<const std::uint8_t> availability)
      : cupti_(&cupti),
        chip_(std::move(chip)),
        availability_(availability.begin(), availability.end()),
        object_(nullptr, {&cupti}) {}
  std::optional<Unavailable> add(const std::vector<std::string>& metrics);

  const CuptiLibrary* cupti_;
  std::string chip_;
  std::vector<std::uint8_t> availability_;
  std::unique_ptr<CUpti_Profiler_Host_Object, Deinitialise> object_;
};

// CUPTI takes lists of names as arrays of pointers.
std::vector<const char*> pointers(const std::vector<std::string>& names);

}  // namespace attnscope::harness::gpu
