#include "harness/schedule/calibration.h"

#include <fmt/format.h>
#include <fstream>
#include <set>
#include <tuple>

#include "harness/device/cpu.h"
#include "harness/device/gpu_facts.h"
#include "harness/errors.h"
#include "harness/worker/child_process.h"
#include "harness/worker/protocol.h"

namespace attnscope::harness::schedule {

namespace {

std::vector<device::Ceilings> measured(const std::vector<plan::PlannedCase>& cases) {
  std::set<std::tuple<std::string, std::string, int>> needed;
  for (const plan::PlannedCase& planned : cases) {
    const plan::Case& c = planned.c;
    if (!planned.status && device::has_ceilings(c.device, c.dtype)) needed.insert({c.device, c.dtype, c.threads});
  }
  constexpr worker::Limits limits{.timeout_s = 60};
  std::vector<device::Ceilings> result;
  for (const auto& [device, dtype, threads] : needed) {
    worker::run_child(worker::calibrate_request(device, dtype, threads), limits, [&](const nlohmann::json& message) {
      if (message.contains("ceilings")) result.push_back(device::ceilings_from_json(message["ceilings"]));
    });
  }
  return result;
}

std::vector<device::Ceilings> read(const std::filesystem::path& path) {
  std::ifstream file(path);
  const nlohmann::json document = nlohmann::json::parse(file, nullptr, false);
  if (!document.is_object() || !document.contains("ceilings") || !document["ceilings"].is_array()) {
    throw UsageError(
        fmt::format("--ceilings {}: {}; expected measure, off or a file that `attnscope calibrate -o FILE` wrote",
                    path.string(), file.is_open() ? "holds no ceilings" : "cannot be read"));
  }
  const std::string cpu = device::read_cpu().model, theirs = document.value("cpu", "");
  if (theirs != cpu) {
    throw EnvironmentUnfit(fmt::format("--ceilings {}: measured on '{}', this is '{}'; calibrate this machine",
                                       path.string(), theirs, cpu));
  }
  const std::string gpu = device::gpu_facts(backends::gpu::discover()).value("gpu", "");
  if (const std::string other = document.value("gpu", gpu); other != gpu) {
    throw EnvironmentUnfit(fmt::format("--ceilings {}: measured with the GPUs '{}', these are '{}'; calibrate them",
                                       path.string(), other, gpu));
  }
  std::vector<device::Ceilings> result;
  try {
    for (const nlohmann::json& object : document["ceilings"]) result.push_back(device::ceilings_from_json(object));
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("--ceilings {}: {}", path.string(), error.what()));
  }
  return result;
}

}  // namespace

std::vector<device::Ceilings> ceilings_for(const std::vector<plan::PlannedCase>& cases, const std::string& source) {
  if (source == "off") return {};
  return source == "measure" ? measured(cases) : read(source);
}

}  // namespace attnscope::harness::schedule
