// The ceilings of a run: measured before its first case, or read from a file of `attnscope calibrate`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/device/ceilings.h"
#include "harness/plan/plan.h"

namespace attnscope::harness::schedule {

// "measure", "off" or a file. One measurement, in a process of its own, for each device, element type and number of
// threads among the cases that will run. Throws UsageError for an unreadable file and EnvironmentUnfit for one that
// another processor wrote.
std::vector<device::Ceilings> ceilings_for(const std::vector<plan::PlannedCase>& cases, const std::string& source);

}  // namespace attnscope::harness::schedule
