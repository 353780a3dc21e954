#include "harness/worker/observation.h"

#include <exception>
#include <fmt/format.h>

#include "harness/device/devices.h"
#include "harness/worker/protocol.h"

namespace attnscope::harness::worker {

using measure::Verdict;

Verdict not_observed(Verdict measured, const std::string& reason) {
  measured.reason += fmt::format("{}not observed to the end: {}", measured.reason.empty() ? "" : "; ", reason);
  return measured;
}

Verdict observe(const std::vector<Pass>& passes, Verdict measured, const reports::Record& record) {
  for (const Pass& pass : passes) {
    send_measured(pass.stage, measured, record);
    try {
      pass.run();
    } catch (const std::exception& error) {
      measured = not_observed(std::move(measured), fmt::format("exception during {}: {}", pass.stage, error.what()));
    }
  }
  return measured;
}

void fill_unobserved(const std::string& reason, bool profile, reports::Record& record) {
  if (record.counter_events.empty()) record.counter_events = "none: " + reason;
  if (device::cuda_ordinal(record.device) && record.energy_source.empty()) record.energy_source = "none: " + reason;
  if (!profile || !device::cuda_ordinal(record.device)) return;
  for (const std::string what : {"kernels", "allocations"}) {
    const std::string missing = what + "_missing";
    if (!record.profile.contains(what) && !record.profile.contains(missing)) record.profile[missing] = reason;
  }
}

}  // namespace attnscope::harness::worker
