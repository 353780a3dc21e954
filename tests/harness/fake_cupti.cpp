#include "tests/harness/fake_cupti.h"

#include <algorithm>
#include <csignal>
#include <cstring>

namespace attnscope::harness::gpu {

namespace {

// Since the range profiler was last enabled.
std::ptrdiff_t stops_of_session() {
  const auto enabled = std::ranges::find(fake().calls.rbegin(), fake().calls.rend(), "cuptiRangeProfilerEnable");
  return std::count(fake().calls.rbegin(), enabled, "cuptiRangeProfilerStop");
}

constexpr std::size_t image_size = 16, counter_data_size = 64;
int host_object = 0, range_object = 0;
std::vector<const char*> names;
CUpti_BuffersCallbackRequestFunc request_buffer = nullptr;
CUpti_BuffersCallbackCompleteFunc complete_buffer = nullptr;

CUptiResult note(const char* function) {
  fake().calls.emplace_back(function);
  if (fake().dies_in == function) std::raise(SIGABRT);
  const auto failure = fake().failures.find(function);
  return failure == fake().failures.end() ? CUPTI_SUCCESS : static_cast<CUptiResult>(failure->second);
}

CUptiResult check(bool expected, CUptiResult status) { return expected ? status : CUPTI_ERROR_INVALID_PARAMETER; }

void set_host_functions(CuptiLibrary& library) {
  library.cuptiProfilerHostInitialize.call = [](CUpti_Profiler_Host_Initialize_Params* p) {
    p->pHostObject = reinterpret_cast<CUpti_Profiler_Host_Object*>(&host_object);
    return check(p->pChipName == std::string("FAKE1") && p->pCounterAvailabilityImage != nullptr &&
                     p->pCounterAvailabilityImage[0] == 0xa5,
                 note("cuptiProfilerHostInitialize"));
  };
  library.cuptiProfilerHostGetBaseMetrics.call = [](CUpti_Profiler_Host_GetBaseMetrics_Params* p) {
    names.clear();
    for (const std::string& counter : fake().counters) names.push_back(counter.c_str());
    p->ppMetricNames = names.data();
    p->numMetrics = names.size();
    return note("cuptiProfilerHostGetBaseMetrics");
  };
  library.cuptiProfilerHostGetConfigImageSize.call = [](CUpti_Profiler_Host_GetConfigImageSize_Params* p) {
    p->configImageSize = image_size;
    return note("cuptiProfilerHostGetConfigImageSize");
  };
  library.cuptiProfilerHostGetConfigImage.call = [](CUpti_Profiler_Host_GetConfigImage_Params* p) {
    std::memset(p->pConfigImage, 0x5a, p->configImageSize);
    return note("cuptiProfilerHostGetConfigImage");
  };
  library.cuptiProfilerHostGetNumOfPasses.call = [](CUpti_Profiler_Host_GetNumOfPasses_Params* p) {
    p->numOfPasses = fake().planned_passes;
    return check(p->configImageSize == image_size && p->pConfigImage[0] == 0x5a,
                 note("cuptiProfilerHostGetNumOfPasses"));
  };
  library.cuptiProfilerHostEvaluateToGpuValues.call = [](CUpti_Profiler_Host_EvaluateToGpuValues_Params* p) {
    for (std::size_t i = 0; i < p->numMetrics; ++i) p->pMetricValues[i] = fake().values[p->ppMetricNames[i]];
    // Decoding has put its mark into the data.
    return check(p->counterDataImageSize == counter_data_size && p->pCounterDataImage[0] == 0xdd,
                 note("cuptiProfilerHostEvaluateToGpuValues"));
  };
}

void set_target_functions(CuptiLibrary& library) {
  library.cuptiProfilerDeviceSupported.call = [](CUpti_Profiler_DeviceSupported_Params* p) {
    p->architecture = p->sli = p->confidentialCompute = p->cmp = p->wsl = CUPTI_PROFILER_CONFIGURATION_SUPPORTED;
    p->isSupported = p->vGpu = fake().virtual_gpu;
    return note("cuptiProfilerDeviceSupported");
  };
  library.cuptiDeviceGetChipName.call = [](CUpti_Device_GetChipName_Params* p) {
    p->pChipName = "FAKE1";
    return note("cuptiDeviceGetChipName");
  };
  library.cuptiProfilerGetCounterAvailability.call = [](CUpti_Profiler_GetCounterAvailability_Params* p) {
    p->counterAvailabilityImageSize = image_size;
    if (p->pCounterAvailabilityImage != nullptr) std::memset(p->pCounterAvailabilityImage, 0xa5, image_size);
    return note("cuptiProfilerGetCounterAvailability");
  };
  library.cuptiRangeProfilerEnable.call = [](CUpti_RangeProfiler_Enable_Params* p) {
    fake().context = p->ctx;
    p->pRangeProfilerObject = reinterpret_cast<CUpti_RangeProfiler_Object*>(&range_object);
    return note("cuptiRangeProfilerEnable");
  };
  library.cuptiRangeProfilerGetCounterDataSize.call = [](CUpti_RangeProfiler_GetCounterDataSize_Params* p) {
    p->counterDataSize = counter_data_size;
    return note("cuptiRangeProfilerGetCounterDataSize");
  };
  library.cuptiRangeProfilerSetConfig.call = [](CUpti_RangeProfiler_SetConfig_Params* p) {
    fake().configuration = *p;
    return note("cuptiRangeProfilerSetConfig");
  };
  library.cuptiRangeProfilerStop.call = [](CUpti_RangeProfiler_Stop_Params* p) {
    const CUptiResult status = note("cuptiRangeProfilerStop");
    p->isAllPassSubmitted = stops_of_session() >= static_cast<std::ptrdiff_t>(fake().passes);
    return status;
  };
  library.cuptiRangeProfilerDecodeData.call = [](CUpti_RangeProfiler_DecodeData_Params* p) {
    p->numOfRangeDropped = fake().dropped_ranges;
    std::memset(fake().configuration.pCounterDataImage, 0xdd, fake().configuration.counterDataImageSize);
    return note("cuptiRangeProfilerDecodeData");
  };
}

void set_activity_functions(CuptiLibrary& library) {
  library.cuptiActivityRegisterCallbacks.call = [](CUpti_BuffersCallbackRequestFunc request,
                                                   CUpti_BuffersCallbackCompleteFunc complete) {
    request_buffer = request;
    complete_buffer = complete;
    return note("cuptiActivityRegisterCallbacks");
  };
  library.cuptiActivityEnable.call = [](CUpti_ActivityKind kind) {
    fake().enabled.push_back(kind);
    return note("cuptiActivityEnable");
  };
  library.cuptiActivityDisable.call = [](CUpti_ActivityKind kind) {
    std::erase(fake().enabled, kind);
    return note("cuptiActivityDisable");
  };
  library.cuptiActivityGetNumDroppedRecords.call = [](CUcontext, std::uint32_t, std::size_t* dropped) {
    // The first call of a session clears what was before.
    *dropped = fake().count("cuptiActivityGetNumDroppedRecords") == 0 ? 99 : fake().dropped_records;
    return note("cuptiActivityGetNumDroppedRecords");
  };
  library.cuptiActivityFlushAll.call = [](std::uint32_t) {
    std::uint8_t* buffer = nullptr;
    std::size_t size = 0, most = 0, valid = 0;
    request_buffer(&buffer, &size, &most);
    const auto append = [&](auto& records) {
      const std::size_t bytes = records.size() * sizeof records[0];
      if (bytes > 0) std::memcpy(buffer + valid, records.data(), bytes);
      valid += bytes;
      records.clear();
    };
    append(fake().kernels);
    append(fake().copies);
    append(fake().memory);
    complete_buffer(nullptr, 0, buffer, size, valid);
    return note("cuptiActivityFlushAll");
  };
  library.cuptiActivityGetNextRecord.call = [](std::uint8_t* buffer, std::size_t valid, CUpti_Activity** record) {
    std::uint8_t* next = buffer;
    if (*record != nullptr) {
      const CUpti_ActivityKind kind = (*record)->kind;
      next = reinterpret_cast<std::uint8_t*>(*record) +
             (kind == CUPTI_ACTIVITY_KIND_MEMORY2  ? sizeof(CUpti_ActivityMemory4)
              : kind == CUPTI_ACTIVITY_KIND_MEMCPY ? sizeof(CUpti_ActivityMemcpy6)
                                                   : sizeof(CUpti_ActivityKernel10));
    }
    if (next >= buffer + valid) return CUPTI_ERROR_MAX_LIMIT_REACHED;
    *record = reinterpret_cast<CUpti_Activity*>(next);
    return CUPTI_SUCCESS;
  };
}

}  // namespace

std::ptrdiff_t FakeCupti::count(const std::string& function) const { return std::ranges::count(calls, function); }

FakeCupti& fake() {
  static FakeCupti instance;
  return instance;
}

CuptiLibrary fake_cupti() {
  CuptiLibrary library;
#define ATTNSCOPE_FAKE(function) library.function.call = [](auto...) { return note(#function); };
  ATTNSCOPE_CUPTI_FUNCTIONS(ATTNSCOPE_FAKE)
#undef ATTNSCOPE_FAKE
  set_host_functions(library);
  set_target_functions(library);
  set_activity_functions(library);
  return library;
}

}  // namespace attnscope::harness::gpu
