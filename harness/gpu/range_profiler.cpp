#include "harness/gpu/range_profiler.h"

#include <array>
#include <cstdint>
#include <fmt/format.h>
#include <string_view>
#include <utility>

#include "harness/gpu/cupti_host.h"
#include "harness/gpu/cupti_range.h"

namespace attnscope::harness::gpu {

namespace {

// CUPTI's profiling interface, initialised until the end of the block.
class Initialised {
 public:
  explicit Initialised(const CuptiLibrary& cupti) : cupti_(cupti) {
    auto parameters = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_Profiler_Initialize_Params);
    failure = cupti_.cuptiProfilerInitialize(&parameters);
  }
  Initialised(const Initialised&) = delete;
  Initialised& operator=(const Initialised&) = delete;
  ~Initialised() {
    if (failure) return;
    auto parameters = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_Profiler_DeInitialize_Params);
    cupti_.cuptiProfilerDeInitialize(&parameters);
  }

  std::optional<Unavailable> failure;

 private:
  const CuptiLibrary& cupti_;
};

// The range profiler of a context, enabled until the end of the block. Here missing privileges show.
class Enabled {
 public:
  Enabled(const CuptiLibrary& cupti, CUcontext context) : cupti_(cupti) {
    auto parameters = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_RangeProfiler_Enable_Params);
    parameters.ctx = context;
    failure = cupti_.cuptiRangeProfilerEnable(&parameters);
    object_ = parameters.pRangeProfilerObject;
  }
  Enabled(const Enabled&) = delete;
  Enabled& operator=(const Enabled&) = delete;
  ~Enabled() {
    if (failure) return;
    auto parameters = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_RangeProfiler_Disable_Params);
    parameters.pRangeProfilerObject = object_;
    cupti_.cuptiRangeProfilerDisable(&parameters);
  }

  std::optional<Unavailable> prepare(const CounterSchedule& schedule, const std::vector<std::string>& metrics,
                                     std::vector<std::uint8_t>& counter_data) const;
  // Whether that was the last pass.
  Result<bool> pass(const std::function<void()>& run, const std::function<std::string()>& synchronise) const;
  std::optional<Unavailable> decode() const;

  std::optional<Unavailable> failure;

 private:
  const CuptiLibrary& cupti_;
  CUpti_RangeProfiler_Object* object_ = nullptr;
};

std::optional<Unavailable> Enabled::prepare(const CounterSchedule& schedule, const std::vector<std::string>& metrics,
                                            std::vector<std::uint8_t>& counter_data) const {
  std::vector<const char*> names = pointers(metrics);
  auto size = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_RangeProfiler_GetCounterDataSize_Params);
  size.pRangeProfilerObject = object_;
  size.pMetricNames = names.data();
  size.numMetrics = names.size();
  size.maxNumOfRanges = 1;
  size.maxNumRangeTreeNodes = 1;
  if (auto failed = cupti_.cuptiRangeProfilerGetCounterDataSize(&size)) return failed;
  counter_data.resize(size.counterDataSize);

  auto image = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_RangeProfiler_CounterDataImage_Initialize_Params);
  image.pRangeProfilerObject = object_;
  image.counterDataSize = counter_data.size();
  image.pCounterData = counter_data.data();
  if (auto failed = cupti_.cuptiRangeProfilerCounterDataImageInitialize(&image)) return failed;

  auto configuration = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_RangeProfiler_SetConfig_Params);
  configuration.pRangeProfilerObject = object_;
  configuration.configSize = schedule.image.size();
  configuration.pConfig = schedule.image.data();
  configuration.counterDataImageSize = counter_data.size();
  configuration.pCounterDataImage = counter_data.data();
  configuration.range = CUPTI_UserRange;
  configuration.replayMode = CUPTI_UserReplay;
  configuration.maxRangesPerPass = 1;
  configuration.numNestingLevels = 1;
  configuration.minNestingLevel = 1;
  configuration.targetNestingLevel = 1;
  return cupti_.cuptiRangeProfilerSetConfig(&configuration);
}

Result<bool> Enabled::pass(const std::function<void()>& run, const std::function<std::string()>& synchronise) const {
  auto start = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_RangeProfiler_Start_Params);
  start.pRangeProfilerObject = object_;
  if (const auto failed = cupti_.cuptiRangeProfilerStart(&start)) return *failed;
  auto push = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_RangeProfiler_PushRange_Params);
  push.pRangeProfilerObject = object_;
  push.pRangeName = "run";
  if (const auto failed = cupti_.cuptiRangeProfilerPushRange(&push)) return *failed;

  run();
  if (const std::string error = synchronise(); !error.empty()) {
    return Unavailable{fmt::format("the device failed while its counters were read: {}", error)};
  }

  auto pop = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_RangeProfiler_PopRange_Params);
  pop.pRangeProfilerObject = object_;
  if (const auto failed = cupti_.cuptiRangeProfilerPopRange(&pop)) return *failed;
  auto stop = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_RangeProfiler_Stop_Params);
  stop.pRangeProfilerObject = object_;
  if (const auto failed = cupti_.cuptiRangeProfilerStop(&stop)) return *failed;
  return stop.isAllPassSubmitted != 0;
}

std::optional<Unavailable> Enabled::decode() const {
  auto parameters = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_RangeProfiler_DecodeData_Params);
  parameters.pRangeProfilerObject = object_;
  if (auto failed = cupti_.cuptiRangeProfilerDecodeData(&parameters)) return failed;
  if (parameters.numOfRangeDropped == 0) return std::nullopt;
  return Unavailable{fmt::format("CUPTI dropped {} of the counted ranges", parameters.numOfRangeDropped)};
}

// Nothing when the device can be profiled.
std::optional<Unavailable> unsupported(const CuptiLibrary& cupti, int device) {
  auto parameters = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_Profiler_DeviceSupported_Params);
  parameters.cuDevice = device;
  parameters.api = CUPTI_PROFILER_RANGE_PROFILING;
  if (auto failed = cupti.cuptiProfilerDeviceSupported(&parameters)) return failed;
  if (parameters.isSupported == CUPTI_PROFILER_CONFIGURATION_SUPPORTED) return std::nullopt;
  std::string what;
  const std::array<std::pair<CUpti_Profiler_Support_Level, std::string_view>, 6> properties{{
      {parameters.architecture, "its architecture (compute capability 7.0 and later are)"},
      {parameters.sli, "SLI"},
      {parameters.vGpu, "the virtual GPU"},
      {parameters.confidentialCompute, "confidential computing"},
      {parameters.cmp, "crypto mining processors"},
      {parameters.wsl, "the Windows Subsystem for Linux"},
  }};
  for (const auto& [level, property] : properties) {
    if (level == CUPTI_PROFILER_CONFIGURATION_SUPPORTED) continue;
    const char* disabled = level == CUPTI_PROFILER_CONFIGURATION_DISABLED ? " (disabled by the system)" : "";
    what += fmt::format("{}{}{}", what.empty() ? "" : ", ", property, disabled);
  }
  return Unavailable{fmt::format("CUPTI cannot count on this device, because of {}", what.empty() ? "itself" : what)};
}

Result<std::string> chip_of(const CuptiLibrary& cupti, int device) {
  auto parameters = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_Device_GetChipName_Params);
  parameters.deviceIndex = static_cast<std::size_t>(device);
  if (const auto failed = cupti.cuptiDeviceGetChipName(&parameters)) return *failed;
  if (parameters.pChipName == nullptr) return Unavailable{"CUPTI has no name for the chip of this device"};
  return std::string(parameters.pChipName);
}

// Which counters this very device has.
Result<std::vector<std::uint8_t>> availability_of(const CuptiLibrary& cupti, CUcontext context) {
  auto parameters = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_Profiler_GetCounterAvailability_Params);
  parameters.ctx = context;
  if (const auto failed = cupti.cuptiProfilerGetCounterAvailability(&parameters)) return *failed;
  std::vector<std::uint8_t> image(parameters.counterAvailabilityImageSize);
  parameters.pCounterAvailabilityImage = image.data();
  if (const auto failed = cupti.cuptiProfilerGetCounterAvailability(&parameters)) return *failed;
  return image;
}

}  // namespace

Result<DeviceCounts> count_with(const CuptiLibrary& cupti, const DeviceContext& device, const MetricRequest& request,
                                const std::function<void()>& run, const std::function<void()>& prepare) {
  const auto context = static_cast<CUcontext>(device.context);
  const Initialised initialised(cupti);
  if (initialised.failure) return *initialised.failure;
  if (const auto reason = unsupported(cupti, device.device)) return *reason;
  const auto chip = chip_of(cupti, device.device);
  if (!chip) return chip.unavailable();
  const auto availability = availability_of(cupti, context);
  if (!availability) return availability.unavailable();

  auto host = CuptiHost::open(cupti, *chip, *availability);
  if (!host) return host.unavailable();
  const auto counters = host->counters();
  if (!counters) return counters.unavailable();
  DeviceCounts counts{*chip, choose_metrics(request, *counters), {}, 0};
  const std::vector<std::string> metrics = counts.set.metrics();
  if (metrics.empty()) return Unavailable{fmt::format("chip '{}' counts nothing of what was asked", *chip)};
  const auto schedule = host->schedule(metrics);
  if (!schedule) return schedule.unavailable();

  const Enabled profiler(cupti, context);
  if (profiler.failure) return *profiler.failure;
  std::vector<std::uint8_t> counter_data;
  if (const auto failed = profiler.prepare(*schedule, metrics, counter_data)) return *failed;
  for (bool done = false; !done; ++counts.passes) {
    // CUPTI, not its plan, says when all has been read; but a plan that is far exceeded will never be.
    if (counts.passes > 2 * schedule->passes) {
      return Unavailable{
          fmt::format("counters were not complete after {} passes instead of {}", counts.passes, schedule->passes)};
    }
    if (prepare) prepare();
    if (const std::string error = device.synchronise(); !error.empty()) {
      return Unavailable{fmt::format("the device failed before its counters were read: {}", error)};
    }
    const auto last = profiler.pass(run, device.synchronise);
    if (!last) return last.unavailable();
    done = *last;
  }
  if (const auto failed = profiler.decode()) return *failed;
  auto values = host->evaluate(counter_data, metrics);
  if (!values) return values.unavailable();
  counts.values = std::move(*values);
  return counts;
}

Result<DeviceCounts> count_on_device(const DeviceContext& device, const MetricRequest& request,
                                     const std::function<void()>& run, const std::function<void()>& prepare) {
  const Result<CuptiLibrary>& cupti = CuptiLibrary::get();
  if (!cupti) return cupti.unavailable();
  return count_with(*cupti, device, request, run, prepare);
}

}  // namespace attnscope::harness::gpu
