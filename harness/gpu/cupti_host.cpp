#include "harness/gpu/cupti_host.h"

#include <cmath>
#include <fmt/format.h>

#include "harness/gpu/counter_host.h"

namespace attnscope::harness::gpu {

namespace {

Unavailable about(const std::string& subject, const Unavailable& failed) {
  return {fmt::format("{}: {}", subject, failed.reason)};
}

}  // namespace

std::vector<const char*> pointers(const std::vector<std::string>& names) {
  std::vector<const char*> result;
  result.reserve(names.size());
  for (const std::string& name : names) result.push_back(name.c_str());
  return result;
}

void CuptiHost::Deinitialise::operator()(CUpti_Profiler_Host_Object* object) const {
  auto parameters = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_Profiler_Host_Deinitialize_Params);
  parameters.pHostObject = object;
  cupti->cuptiProfilerHostDeinitialize(&parameters);
}

Result<CuptiHost> CuptiHost::open(const CuptiLibrary& cupti, const std::string& chip,
                                  std::span<const std::uint8_t> availability) {
  CuptiHost host(cupti, chip, availability);
  auto parameters = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_Profiler_Host_Initialize_Params);
  parameters.profilerType = CUPTI_PROFILER_TYPE_RANGE_PROFILER;
  parameters.pChipName = chip.c_str();
  parameters.pCounterAvailabilityImage = availability.empty() ? nullptr : host.availability_.data();
  if (const auto failed = cupti.cuptiProfilerHostInitialize(&parameters)) {
    return about(fmt::format("chip '{}'", chip), *failed);
  }
  host.object_.reset(parameters.pHostObject);
  return host;
}

Result<std::vector<std::string>> CuptiHost::counters() const {
  auto parameters = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_Profiler_Host_GetBaseMetrics_Params);
  parameters.pHostObject = object_.get();
  parameters.metricType = CUPTI_METRIC_TYPE_COUNTER;
  if (const auto failed = cupti_->cuptiProfilerHostGetBaseMetrics(&parameters)) {
    return about(fmt::format("chip '{}'", chip_), *failed);
  }
  return std::vector<std::string>(parameters.ppMetricNames, parameters.ppMetricNames + parameters.numMetrics);
}

// All in one call: every call begins new passes.
std::optional<Unavailable> CuptiHost::add(const std::vector<std::string>& metrics) {
  std::vector<const char*> names = pointers(metrics);
  auto parameters = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_Profiler_Host_ConfigAddMetrics_Params);
  parameters.pHostObject = object_.get();
  parameters.ppMetricNames = names.data();
  parameters.numMetrics = names.size();
  return cupti_->cuptiProfilerHostConfigAddMetrics(&parameters);
}

Result<CounterSchedule> CuptiHost::schedule(const std::vector<std::string>& metrics) {
  if (const auto failed = add(metrics)) {
    // CUPTI does not say which of them it does not know, and an object that has refused one takes no other.
    for (const std::string& metric : metrics) {
      auto another = open(*cupti_, chip_, availability_);
      if (!another) return another.unavailable();
      if (const auto failed_alone = another->add({metric})) {
        return about(fmt::format("chip '{}', metric '{}'", chip_, metric), *failed_alone);
      }
    }
    return about(fmt::format("chip '{}'", chip_), *failed);
  }
  auto size = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_Profiler_Host_GetConfigImageSize_Params);
  size.pHostObject = object_.get();
  if (const auto failed = cupti_->cuptiProfilerHostGetConfigImageSize(&size)) return *failed;
  CounterSchedule schedule;
  schedule.image.resize(size.configImageSize);
  auto image = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_Profiler_Host_GetConfigImage_Params);
  image.pHostObject = object_.get();
  image.configImageSize = schedule.image.size();
  image.pConfigImage = schedule.image.data();
  if (const auto failed = cupti_->cuptiProfilerHostGetConfigImage(&image)) return *failed;
  auto passes = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_Profiler_Host_GetNumOfPasses_Params);
  passes.configImageSize = schedule.image.size();
  passes.pConfigImage = schedule.image.data();
  if (const auto failed = cupti_->cuptiProfilerHostGetNumOfPasses(&passes)) return *failed;
  schedule.passes = passes.numOfPasses;
  return schedule;
}

Result<std::vector<double>> CuptiHost::evaluate(std::span<const std::uint8_t> counter_data,
                                                const std::vector<std::string>& metrics) const {
  std::vector<const char*> names = pointers(metrics);
  std::vector<double> values(metrics.size());
  auto parameters = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_Profiler_Host_EvaluateToGpuValues_Params);
  parameters.pHostObject = object_.get();
  parameters.pCounterDataImage = counter_data.data();
  parameters.counterDataImageSize = counter_data.size();
  parameters.rangeIndex = 0;
  parameters.ppMetricNames = names.data();
  parameters.numMetrics = names.size();
  parameters.pMetricValues = values.data();
  if (const auto failed = cupti_->cuptiProfilerHostEvaluateToGpuValues(&parameters)) return *failed;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) return Unavailable{fmt::format("metric '{}' was not counted", metrics[i])};
  }
  return values;
}

Result<std::vector<std::string>> supported_chips() {
  const Result<CuptiLibrary>& cupti = CuptiLibrary::get();
  if (!cupti) return cupti.unavailable();
  auto parameters = ATTNSCOPE_CUPTI_PARAMETERS(CUpti_Profiler_Host_GetSupportedChips_Params);
  if (const auto failed = cupti->cuptiProfilerHostGetSupportedChips(&parameters)) return *failed;
  return std::vector<std::string>(parameters.ppChipNames, parameters.ppChipNames + parameters.numChips);
}

Result<std::vector<std::string>> chip_counters(const std::string& chip) {
  const Result<CuptiLibrary>& cupti = CuptiLibrary::get();
  if (!cupti) return cupti.unavailable();
  const auto host = CuptiHost::open(*cupti, chip);
  if (!host) return host.unavailable();
  return host->counters();
}

Result<std::size_t> count_passes(const std::string& chip, const std::vector<std::string>& metrics) {
  const Result<CuptiLibrary>& cupti = CuptiLibrary::get();
  if (!cupti) return cupti.unavailable();
  auto host = CuptiHost::open(*cupti, chip);
  if (!host) return host.unavailable();
  const auto schedule = host->schedule(metrics);
  if (!schedule) return schedule.unavailable();
  return schedule->passes;
}

}  // namespace attnscope::harness::gpu
