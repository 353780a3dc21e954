// A libcupti without a device: it notes what is called, fails where it is told to, and makes up what it measures.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/gpu/cupti_library.h"

namespace attnscope::harness::gpu {

struct FakeCupti {
  std::vector<std::string> calls;        // names, in order
  std::map<std::string, int> failures;   // CUPTI status by name of the function that is to fail
  std::string dies_in;                   // name of the function that takes the process down, "" for none
  std::vector<std::string> counters;     // what the chip counts
  std::map<std::string, double> values;  // by metric
  std::size_t planned_passes = 3, passes = 3;
  std::size_t dropped_ranges = 0, dropped_records = 0;
  CUpti_Profiler_Support_Level virtual_gpu = CUPTI_PROFILER_CONFIGURATION_SUPPORTED;
  CUpti_RangeProfiler_SetConfig_Params configuration{};
  CUcontext context = nullptr;  // that the range profiler was enabled on

  // Records that the next flush hands over.
  std::vector<CUpti_ActivityKernel10> kernels;
  std::vector<CUpti_ActivityMemcpy6> copies;
  std::vector<CUpti_ActivityMemory4> memory;
  std::vector<CUpti_ActivityKind> enabled;

  // How often a function was called.
  std::ptrdiff_t count(const std::string& function) const;
};

// What the functions of fake_cupti() work on. A test begins with a new one.
FakeCupti& fake();
CuptiLibrary fake_cupti();

}  // namespace attnscope::harness::gpu
