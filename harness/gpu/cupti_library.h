// libcupti, opened at run time: a table of its functions. Only for the files that are compiled against CUPTI's headers;
// no public header includes this one.
#pragma once

#include <cuda.h>
#include <cupti.h>
#include <cupti_profiler_host.h>
#include <cupti_profiler_target.h>
#include <cupti_range_profiler.h>
#include <cupti_target.h>
#include <optional>
#include <string>
#include <vector>

#include "harness/gpu/cupti_status.h"
#include "harness/gpu/dynamic_library.h"
#include "harness/gpu/result.h"

// clang-format off
#define ATTNSCOPE_CUPTI_FUNCTIONS(X) \
  X(cuptiGetVersion) \
  X(cuptiActivityRegisterCallbacks) X(cuptiActivityEnable) X(cuptiActivityDisable) X(cuptiActivityFlushAll) \
  X(cuptiActivityGetNextRecord) X(cuptiActivityGetNumDroppedRecords) \
  X(cuptiProfilerInitialize) X(cuptiProfilerDeInitialize) X(cuptiProfilerDeviceSupported) \
  X(cuptiProfilerGetCounterAvailability) X(cuptiDeviceGetChipName) \
  X(cuptiProfilerHostGetSupportedChips) X(cuptiProfilerHostInitialize) X(cuptiProfilerHostDeinitialize) \
  X(cuptiProfilerHostGetBaseMetrics) X(cuptiProfilerHostConfigAddMetrics) \
  X(cuptiProfilerHostGetConfigImageSize) X(cuptiProfilerHostGetConfigImage) X(cuptiProfilerHostGetNumOfPasses) \
  X(cuptiProfilerHostEvaluateToGpuValues) \
  X(cuptiRangeProfilerEnable) X(cuptiRangeProfilerDisable) X(cuptiRangeProfilerGetCounterDataSize) \
  X(cuptiRangeProfilerCounterDataImageInitialize) X(cuptiRangeProfilerSetConfig) \
  X(cuptiRangeProfilerStart) X(cuptiRangeProfilerPushRange) X(cuptiRangeProfilerPopRange) X(cuptiRangeProfilerStop) \
  X(cuptiRangeProfilerDecodeData)
// clang-format on

namespace attnscope::harness::gpu {

// Called like the function itself, but answers what went wrong, or nothing.
template <typename Function>
struct CuptiFunction {
  const char* name;
  Function call = nullptr;

  template <typename... Arguments>
  std::optional<Unavailable> operator()(Arguments... arguments) const {
    return cupti_failure(name, call(arguments...));
  }
};

struct CuptiLibrary {
#define ATTNSCOPE_CUPTI_MEMBER(function) CuptiFunction<decltype(&::function)> function{#function};
  ATTNSCOPE_CUPTI_FUNCTIONS(ATTNSCOPE_CUPTI_MEMBER)
#undef ATTNSCOPE_CUPTI_MEMBER
  std::string path;
  std::uint32_t version = 0;  // CUPTI_API_VERSION of the library: 130001 is 13.0.1

  // The one library of this process, opened on the first call and never closed, since it leaves a thread behind. Looked
  // for in this order: ATTNSCOPE_CUPTI_LIBRARY alone when it is set; the loader's own path; CUDA_HOME, CUDA_PATH and
  // /usr/local/cuda. Refused when its major version is another than that of the headers.
  static const Result<CuptiLibrary>& get();

  // The same from one file, opened anew.
  static Result<CuptiLibrary> open(const std::string& file);
};

// Every parameter block begins with its size, by which CUPTI tells versions apart (X_Params_STRUCT_SIZE); the rest is
// zero.
template <typename Parameters>
Parameters parameters_of_size(std::size_t size) {
  Parameters parameters{};
  parameters.structSize = size;
  return parameters;
}
#define ATTNSCOPE_CUPTI_PARAMETERS(Parameters) \
  ::attnscope::harness::gpu::parameters_of_size<Parameters>(Parameters##_STRUCT_SIZE)

// Where get() looks, given what the environment says; "" for a variable that is not set.
std::vector<std::string> cupti_candidates(const std::string& named, const std::string& cuda_home,
                                          const std::string& cuda_path);

}  // namespace attnscope::harness::gpu
